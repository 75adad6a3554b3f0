#include "cli/traffic_command.h"

#include <charconv>
#include <cstdio>
#include <ctime>
#include <string_view>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <manta/detail/json.h>

namespace manta::cli {
namespace {

Result<TrafficTarget> parse_weight(std::string_view text) {
  const auto equals = text.find('=');
  TrafficTarget target{.deployment = std::string(text.substr(0, equals))};
  const std::string_view number = equals == text.npos ? std::string_view() : text.substr(equals + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), target.weight);
  if (target.deployment.empty() || number.empty() || error != std::errc{} || end != number.data() + number.size())
    return std::unexpected(Error{.code = ErrorCode::InvalidArgument,
                                 .message = fmt::format("--set: expected DEPLOYMENT=WEIGHT, found '{}'", text)});
  return target;
}

std::string clock_text(double unix_s) {
  return fmt::format("{:%H:%M:%S}", fmt::localtime(static_cast<std::time_t>(unix_s)));
}

std::string rule_text(const std::string& application, const control::TrafficDetails& rule) {
  std::string text = fmt::format("{} {}: {}", application, rule.route, rule.phase);
  if (rule.phase == "promoting") {
    text += fmt::format(", step {} of {}", rule.step + 1, rule.steps.size());
    if (!rule.reason.empty()) text += "; " + rule.reason;
  }
  text += fmt::format(" (since {})\n", clock_text(rule.since_s));
  double sum = 0;
  for (const control::TrafficTargetDetails& target : rule.targets) sum += target.weight;
  for (const control::TrafficTargetDetails& target : rule.targets)
    text += fmt::format("  {:<24}{:>7.2f} %  {:>8} requests  {:>6} errors  {:>9.2f} ms\n", target.deployment,
                        sum > 0 ? 100 * target.weight / sum : 0, target.requests, target.errors, target.latency_ms);
  if (!rule.shadow.empty()) text += fmt::format("  {:<24} gets copies\n", rule.shadow);
  if (rule.sticky != "none") text += fmt::format("  sticky by {}\n", rule.sticky);
  for (auto change = rule.changes.rbegin(); change != rule.changes.rend(); ++change)
    text += fmt::format("  {}  {}: {}\n", clock_text(change->time_s), change->phase, change->reason);
  return text;
}

}  // namespace

void add_traffic_options(CLI::App& command, TrafficRequestLine& line) {
  command.add_option("application", line.application, "Its name")->required();
  command.add_option("route", line.route, "Of one of its traffic rules (default: the only one)");
  auto* set = command.add_option("--set", line.set, "Weights: DEPLOYMENT=WEIGHT,... (others keep theirs)");
  auto* promote = command.add_flag("--promote", line.promote, "Give everything to the target of the promotion");
  auto* rollback = command.add_flag("--rollback", line.rollback, "Give it nothing");
  auto* restart = command.add_flag("--restart", line.restart, "Begin the promotion again with its first step");
  command.add_option("--deployment", line.deployment, "Another target for --promote and --rollback");
  set->excludes(promote)->excludes(rollback)->excludes(restart);
  promote->excludes(rollback)->excludes(restart);
  rollback->excludes(restart);
}

Result<control::TrafficRequest> traffic_request(const TrafficRequestLine& line) {
  control::TrafficRequest request{.route = line.route, .action = "", .deployment = line.deployment};
  if (line.promote) request.action = "promote";
  if (line.rollback) request.action = "rollback";
  if (line.restart) request.action = "restart";
  if (line.set.empty()) return request;
  request.action = "set";
  std::string_view rest = line.set;
  for (;;) {
    const auto comma = rest.find(',');
    auto target = parse_weight(rest.substr(0, comma));
    if (!target) return std::unexpected(std::move(target.error()));
    request.set.push_back(std::move(*target));
    if (comma == rest.npos) return request;
    rest.remove_prefix(comma + 1);
  }
}

std::string traffic_text(const std::string& application, const std::vector<control::TrafficDetails>& rules) {
  if (rules.empty())
    return fmt::format("{} has no traffic rules: all requests go to its ingress deployment\n", application);
  std::string text;
  for (const control::TrafficDetails& rule : rules) text += rule_text(application, rule);
  return text;
}

int traffic_command(const AdminTarget& target, const TrafficRequestLine& line) {
  const auto request = traffic_request(line);
  if (!request) return report(request.error(), target);
  const std::string path = fmt::format("/api/serve/applications/{}/traffic", line.application);
  const auto answer = request->action.empty() ? ask(target, "GET", path)
                                              : ask(target, "POST", path, detail::to_json(*request).value_or("{}"));
  if (!answer) return report(answer.error(), target);
  auto rules = detail::from_json<std::vector<control::TrafficDetails>>(answer->body, UnknownKeys::Ignore);
  if (!rules) return report(rules.error(), target);
  if (!line.route.empty())
    std::erase_if(*rules, [&](const control::TrafficDetails& rule) { return rule.route != line.route; });
  std::fputs(traffic_text(line.application, *rules).c_str(), stdout);
  return 0;
}

}  // namespace manta::cli
