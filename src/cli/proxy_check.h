#pragma once

#include <functional>
#include <string>

#include <manta/task.h>

#include "base/loop.h"
#include "base/task_scope.h"
#include "net/address.h"

namespace manta::cli {

// Asks the public door for its health: at once (the question waits in the listening socket until the proxy is up), then
// every ten seconds. STARTING until the first answer, UNHEALTHY after three failures in a row. Loop-confined.
class ProxyCheck {
 public:
  using OnStatus = std::function<void(std::string status)>;
  ProxyCheck(Loop& loop, std::string address, OnStatus on_status);
  void begin();

 private:
  Task<void> check();

  Loop& loop_;
  net::Address address_;
  OnStatus on_status_;
  int failures_ = 0;
  TaskScope tasks_;
};

}  // namespace manta::cli
