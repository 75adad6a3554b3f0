#pragma once

#include <functional>
#include <map>
#include <string>

#include <manta/error.h>
#include <manta/task.h>

#include "base/loop.h"
#include "base/task_scope.h"

namespace manta::replica {

using Stats = std::map<std::string, double>;

// Asks for figures again and again, once per period; an answer that takes longer than the timeout, or an error, is a
// failure and is only told. Loop-confined; on_stats and on_failure are called on the loop.
class StatsRecorder {
 public:
  struct Terms {
    Duration period, timeout;
  };
  struct Events {
    std::function<void(Stats)> on_stats;
    std::function<void(const Error&)> on_failure;
    std::function<void(Duration took)> on_answer;      // of either kind; not at a timeout
    std::shared_ptr<RequestContext> nobody = nullptr;  // see ReplicaOptions
  };
  using Ask = std::function<Task<Result<Stats>>()>;

  StatsRecorder(Loop& loop, Events events) : loop_(loop), events_(std::move(events)), scope_(loop) {}
  ~StatsRecorder() { stop(); }

  void start(Ask ask, Terms terms);  // asks at once
  void set_terms(Terms terms);       // from the next call on; nothing before start()
  void stop();

 private:
  void ask();
  Task<void> wait_for(Task<Result<Stats>> answer, TimePoint asked_at);
  void ended(Result<Stats> stats);

  Loop& loop_;
  const Events events_;
  TaskScope scope_;
  Ask ask_;
  Terms terms_{};
  TimePoint next_{};
  TimerId timer_ = 0;    // until the next call
  TimerId timeout_ = 0;  // of the running one
  TaskScope::Id running_ = 0;
};

}  // namespace manta::replica
