#pragma once

#include <functional>
#include <memory>
#include <string>

#include <manta/error.h>
#include <manta/task.h>

#include "base/loop.h"
#include "base/task_scope.h"
#include "cli/instance_options.h"
#include "net/channel.h"
#include "net/item_stream.h"
#include "spec/status.h"

namespace manta::cli {

// The way of a new instance from its first process to `ready`: deploys, follows the controller's statuses, prints what
// happens, and asks the public door. Loop-confined; owned by the instance.
class Startup {
 public:
  struct Outcome {
    bool ready = false;
    std::string error;  // when not ready: what to print before the instance ends
  };
  using OnOutcome = std::function<void(Outcome)>;

  Startup(Loop& loop, const InstanceOptions& options, std::string controller_address, std::string http_address,
          OnOutcome on_outcome);
  // deploy() first for `run`; then until ready or failed.
  Task<void> go();

 private:
  void follow();
  void on_status(const spec::InstanceStatus& status);
  Task<void> ask_door();
  void end(Outcome outcome);
  double elapsed_s() const;

  Loop& loop_;
  const InstanceOptions& options_;
  net::Address controller_, door_;
  OnOutcome on_outcome_;
  TimePoint begun_;
  net::ReceiveBudget budget_;
  std::unique_ptr<net::Channel> channel_;
  std::unique_ptr<net::ItemStream> statuses_;
  spec::InstanceStatus last_;
  bool asking_ = false;
  bool over_ = false;
  TaskScope tasks_;
};

}  // namespace manta::cli
