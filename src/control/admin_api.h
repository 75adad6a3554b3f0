#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/metrics.h"
#include "base/task_scope.h"
#include "control/controller.h"
#include "control/door.h"
#include "net/exchange.h"

namespace manta::control {

struct AdminParts {
  Loop& loop;
  Logger& logger;
  Metrics& metrics;
  Controller& controller;
  std::function<void()> shut_down_instance;  // ends everything
  std::string version = {};                  // of Manta, by which clients know that it is Manta
};

// The HTTP face of a controller, on the admin port and on its own socket: REST of docs/reference/rest.md, and streams
// for processes of the instance (routing snapshots, statuses). Loop-confined.
class AdminApi {
 public:
  explicit AdminApi(AdminParts parts) : parts_(std::move(parts)), tasks_(parts_.loop) {}
  void handle(net::ExchangePtr exchange, Door door);
  void disconnected(std::uint64_t connection, Door door);

 private:
  bool handle_pages(const net::ExchangePtr& exchange, const std::string& path);
  bool handle_internal(const net::ExchangePtr& exchange, const std::string& path);

  void shut_down(const net::ExchangePtr& exchange);

  // admin_applications.cc: what is deployed
  bool handle_applications(const net::ExchangePtr& exchange, const std::string& path);
  void handle_application(const net::ExchangePtr& exchange, const std::string& name);
  void show_all(const net::ExchangePtr& exchange);
  void show(const net::ExchangePtr& exchange, const std::string& name);
  void show_effective(const net::ExchangePtr& exchange, const std::string& name);
  Task<void> deploy(net::ExchangePtr exchange);
  Task<void> deploy_one(net::ExchangePtr exchange, std::string name);
  void remove(const net::ExchangePtr& exchange, const std::string& name);

  // admin_changes.cc: what would change, what was, and numbers of replicas
  bool handle_changes(const net::ExchangePtr& exchange, const std::string& path);
  Task<void> plan(net::ExchangePtr exchange);
  void history(const net::ExchangePtr& exchange);
  void rollback(const net::ExchangePtr& exchange);
  void drain(const net::ExchangePtr& exchange);
  void scale(const net::ExchangePtr& exchange, const std::string& application, const std::string& deployment);

  AdminParts parts_;
  TaskScope tasks_;
};

// The configuration in the body of a request: the file that `manta deploy` reads, with everything resolved. Nothing is
// looked up in this process's environment, and paths are absolute.
Result<spec::InstanceConfig> read_config(const std::string& body);

}  // namespace manta::control
