#pragma once

#include <functional>
#include <string>

#include <manta/task.h>

#include "base/loop.h"
#include "base/task_scope.h"
#include "net/address.h"
#include "net/channel.h"
#include "net/receive_budget.h"

namespace manta::cli {

struct ProxyCheckOptions {
  Duration period = std::chrono::seconds(10);
  Duration timeout = std::chrono::seconds(10);
};

// Asks the public door for its health: at once (the question waits in the listening socket until the proxy is up), then
// every period. Any answer will do, whatever its status. STARTING until the first answer; after three failures in a row
// UNHEALTHY and `on_hung`, which is to replace the proxy; then it counts anew. Loop-confined.
class ProxyCheck {
 public:
  struct Events {
    std::function<void(std::string status)> status;
    std::function<void()> hung;
  };
  ProxyCheck(Loop& loop, std::string address, ProxyCheckOptions options, Events events);
  ~ProxyCheck();
  ProxyCheck(const ProxyCheck&) = delete;
  ProxyCheck& operator=(const ProxyCheck&) = delete;
  void begin();

 private:
  Task<void> check();
  void check_after(Duration pause);

  Loop& loop_;
  net::Address address_;
  const ProxyCheckOptions options_;
  Events events_;
  int failures_ = 0;
  TimerId next_ = 0;
  net::ReceiveBudget budget_;
  TaskScope tasks_;
};

}  // namespace manta::cli
