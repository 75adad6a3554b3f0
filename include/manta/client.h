#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <manta/handle.h>

namespace manta {

struct ClientOptions {
  std::string admin_host = "127.0.0.1";
  int admin_port = 8265;
  double connect_timeout_s = 5;  // until the instance has answered
};

// A program's connection to a running instance on the same machine: handles that go straight to the replicas. Has one
// background thread; handles and responses must not outlive it. Thread-safe.
class Client {
 public:
  // Throws Unavailable, naming what was tried, when no instance answers.
  explicit Client(const ClientOptions& options = {});
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
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The same over a connection of the program's own, kept until it ends: one for each instance.
DynamicHandle get_deployment_handle(std::string_view deployment, std::string_view application,
                                    const ClientOptions& instance);

}  // namespace manta
