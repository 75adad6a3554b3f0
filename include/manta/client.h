#pragma once

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <manta/handle.h>

namespace manta {

struct ClientOptions {
  std::string admin_host = "127.0.0.1";
  std::optional<int> admin_port = {};  // not given: as the record of the state folder says, 8265 without one
  double connect_timeout_s = 5;        // until the instance has answered
  std::string state_dir = {};          // of the instance; empty: ~/.local/state/manta/<admin_port, or 8265>
};

namespace detail {

// Below it are the default state folders of this user's instances. It is the program's environment that is read.
inline std::string default_state_root() {
  const char* const state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::string(state) + "/manta";
  const char* const home = std::getenv("HOME");
  return std::string(home != nullptr && *home != '\0' ? home : "/tmp") + "/.local/state/manta";
}

}  // namespace detail

// A program's connection to a running instance on the same machine, also to one on a cluster whose head the machine is:
// handles that go straight to the replicas. Has one background thread; handles and responses must not outlive it.
// Thread-safe.
class Client {
 public:
  // Throws Unavailable, naming what was tried, when no instance answers; InvalidArgument if it is on a cluster and this
  // user may not read the token in its state folder.
  explicit Client(const ClientOptions& options = {}) : Client(options, detail::default_state_root()) {}
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // A deployment by name. An empty `application`: the only one that has this name. Throws NotFound with the names that
  // come near, or InvalidArgument that lists the applications if several have it.
  DynamicHandle get_deployment_handle(std::string_view deployment, std::string_view application = {});
  template <class D>
  Handle<D> get_deployment_handle(std::string_view deployment, std::string_view application = {}) {
    return get_deployment_handle(deployment, application).template as<D>();
  }

 private:
  Client(const ClientOptions& options, const std::string& state_root);

  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The same over a connection of the program's own, kept until it ends: one for each instance.
DynamicHandle get_deployment_handle(std::string_view deployment, std::string_view application,
                                    const ClientOptions& instance, const std::string& state_root);
inline DynamicHandle get_deployment_handle(std::string_view deployment, std::string_view application,
                                           const ClientOptions& instance) {
  return get_deployment_handle(deployment, application, instance, detail::default_state_root());
}

}  // namespace manta
