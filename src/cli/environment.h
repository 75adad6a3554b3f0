#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace manta::cli {

// The environment of this process, read once at its start: the only place of Manta that does. Values are passed on from
// here.
class Environment {
 public:
  static Environment read();
  explicit Environment(std::vector<std::string> entries) : entries_(std::move(entries)) {}

  std::optional<std::string> get(const std::string& name) const;
  const std::vector<std::string>& entries() const { return entries_; }  // "NAME=value"
  std::map<std::string, std::string> map() const;

  // $XDG_RUNTIME_DIR if it is short enough for sockets, else /tmp.
  std::string runtime_root() const;
  // $XDG_STATE_HOME/manta/<admin port>, by default below ~/.local/state: several instances side by side differ by their
  // admin port.
  std::string default_state_dir(int admin_port) const;

 private:
  std::vector<std::string> entries_;
};

}  // namespace manta::cli
