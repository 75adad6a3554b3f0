#pragma once

#include <functional>
#include <string>

#include "base/metrics.h"
#include "base/task_scope.h"
#include "control/controller.h"
#include "net/exchange.h"

namespace manta::control {

struct AdminParts {
  Loop& loop;
  Logger& logger;
  Metrics& metrics;
  Controller& controller;
  std::function<void()> shut_down_instance;  // asks the node agent to end everything
};

// The HTTP face of a controller, on the admin port and on its own socket: REST of docs/reference/rest.md, and two
// streams for processes of the instance (routing snapshots, statuses). Loop-confined.
class AdminApi {
 public:
  explicit AdminApi(AdminParts parts) : parts_(std::move(parts)), tasks_(parts_.loop) {}
  // `trusted`: came by the controller's own socket, which only this user's processes reach.
  void handle(net::ExchangePtr exchange, bool trusted);

 private:
  bool handle_applications(const net::ExchangePtr& exchange, const std::string& path);
  bool handle_internal(const net::ExchangePtr& exchange, const std::string& path);
  Task<void> deploy(net::ExchangePtr exchange);
  void remove(const net::ExchangePtr& exchange, const std::string& name);

  AdminParts parts_;
  TaskScope tasks_;
};

}  // namespace manta::control
