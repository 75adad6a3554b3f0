#include "spec/status_yaml.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include <manta/detail/json_writer.h>

#include "codec/json_text.h"
#include "spec/yaml_scalar.h"

namespace manta::spec {
namespace {

bool is_plain(const std::string& text) {
  const auto is_safe = [](unsigned char c) {
    return std::isalnum(c) || c == '_' || c == '-' || c == '.' || c == '/' || c == ' ' || c == '(' || c == ')' ||
           c == ',';
  };
  if (text.empty() || !(std::isalnum(static_cast<unsigned char>(text.front())) || text.front() == '_') ||
      text.back() == ' ')
    return false;
  if (!std::ranges::all_of(text, is_safe)) return false;
  constexpr std::string_view kOldBooleans[] = {"yes", "no", "on", "off", "y", "n"};
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (std::ranges::find(kOldBooleans, lower) != std::end(kOldBooleans)) return false;
  detail::JsonWriter as_read;  // a string again, when read back
  return write_plain_scalar(as_read, text).empty() && as_read.text().starts_with('"');
}

// Plain where that reads back as the same text, in single quotes where it is one printable line, else in double quotes.
std::string scalar(const std::string& text) {
  if (is_plain(text)) return text;
  if (!std::ranges::all_of(text, [](unsigned char c) { return c >= ' ' && c != 0x7f; }) || !codec::is_utf8(text))
    return codec::json_quoted(text);
  std::string quoted = "'";
  for (const char c : text) quoted.append(c == '\'' ? 2 : 1, c);
  return quoted + "'";
}

std::string number(double value) {
  detail::JsonWriter writer;
  return writer.number(value) ? writer.take() : "null";
}

// Block mappings, line by line.
class Lines {
 public:
  void put(std::size_t depth, const std::string& key, const std::string& value) {
    text_.append(2 * depth, ' ').append(key).append(": ").append(value).append("\n");
  }
  // "key:" with what follows below it, or "key: {}".
  void open(std::size_t depth, const std::string& key, bool empty) {
    text_.append(2 * depth, ' ').append(key).append(empty ? ": {}\n" : ":\n");
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void put_deployment(Lines& lines, const std::string& name, const DeploymentStatus& status) {
  lines.open(3, scalar(name), false);
  lines.put(4, "status", scalar(status.status));
  lines.put(4, "status_trigger", scalar(status.status_trigger));
  lines.open(4, "replica_states", status.replica_states.empty());
  for (const auto& [state, count] : status.replica_states) lines.put(5, scalar(state), std::to_string(count));
  lines.put(4, "message", scalar(status.message));
}

void put_application(Lines& lines, const std::string& name, const ApplicationStatus& status) {
  lines.open(1, scalar(name), false);
  lines.put(2, "status", scalar(status.status));
  lines.put(2, "message", scalar(status.message));
  lines.put(2, "last_deployed_time_s", number(status.last_deployed_time_s));
  lines.open(2, "deployments", status.deployments.empty());
  for (const auto& [deployment, of_deployment] : status.deployments) put_deployment(lines, deployment, of_deployment);
}

}  // namespace

std::string to_status_yaml(const InstanceStatus& status) {
  Lines lines;
  lines.open(0, "proxies", status.proxies.empty());
  for (const auto& [node, state] : status.proxies) lines.put(1, scalar(node), scalar(state));
  lines.open(0, "applications", status.applications.empty());
  for (const auto& [name, application] : status.applications) put_application(lines, name, application);
  lines.put(0, "target_capacity", status.target_capacity ? number(*status.target_capacity) : "null");
  return lines.take();
}

}  // namespace manta::spec
