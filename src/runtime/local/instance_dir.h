#pragma once

#include <memory>
#include <string>

#include <manta/error.h>

namespace manta::runtime {

// The folders of one instance, 0700. Everything durable is under `state`; sockets live in `run`, whose path is short
// enough for a Unix socket.
struct InstancePaths {
  std::string state;  // absolute
  std::string run;    // <runtime root>/manta-<uid>/<hash of state>

  std::string agent_socket() const { return run + "/agent.sock"; }
  std::string controller_socket() const { return run + "/controller.sock"; }
  std::string replica_socket(const std::string& short_name) const { return run + "/r/" + short_name + ".sock"; }
  std::string store() const { return state + "/state.db"; }
  std::string artifacts() const { return state + "/artifacts"; }
  std::string log(const std::string& name) const { return state + "/logs/" + name + ".log"; }
};

// `runtime_root`: $XDG_RUNTIME_DIR or /tmp. The hash is eight hexadecimal digits of the state folder's absolute path.
InstancePaths instance_paths(const std::string& state_dir, const std::string& runtime_root);

// Holds an instance's lock while it lives.
class InstanceLock {
 public:
  // Makes the folders, takes the lock and clears what a killed agent left (sockets). Unavailable if a live agent has
  // it: the message names its process.
  static Result<std::unique_ptr<InstanceLock>> acquire(const InstancePaths& paths);
  ~InstanceLock();
  InstanceLock(const InstanceLock&) = delete;
  InstanceLock& operator=(const InstanceLock&) = delete;

 private:
  InstanceLock(int fd, std::string run) : fd_(fd), run_(std::move(run)) {}
  int fd_;
  std::string run_;
};

// The id of this node as the instance's status shows it: made at random once and kept in <state>/node_id.
Result<std::string> node_id(const InstancePaths& paths);

}  // namespace manta::runtime
