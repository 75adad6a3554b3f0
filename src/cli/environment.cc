#include "cli/environment.h"

#include <unistd.h>

namespace manta::cli {

Environment Environment::read() {
  std::vector<std::string> entries;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) entries.emplace_back(*entry);
  return Environment(std::move(entries));
}

std::optional<std::string> Environment::get(const std::string& name) const {
  for (const std::string& entry : entries_)
    if (entry.size() > name.size() && entry[name.size()] == '=' && entry.starts_with(name))
      return entry.substr(name.size() + 1);
  return std::nullopt;
}

std::map<std::string, std::string> Environment::map() const {
  std::map<std::string, std::string> values;
  for (const std::string& entry : entries_)
    if (const std::size_t at = entry.find('='); at != std::string::npos)
      values.emplace(entry.substr(0, at), entry.substr(at + 1));
  return values;
}

std::string Environment::runtime_root() const {
  constexpr std::size_t kRoomForSocketNames = 50;
  const auto root = get("XDG_RUNTIME_DIR");
  if (root && root->starts_with('/') && root->size() <= kRoomForSocketNames && ::access(root->c_str(), W_OK) == 0)
    return *root;
  return "/tmp";
}

std::string Environment::default_state_dir(int admin_port) const {
  std::string root;
  if (const auto state = get("XDG_STATE_HOME"); state && state->starts_with('/'))
    root = *state;
  else
    root = get("HOME").value_or("/tmp") + "/.local/state";
  return root + "/manta/" + std::to_string(admin_port);
}

}  // namespace manta::cli
