#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include <manta/mailbox.h>
#include <manta/task.h>

namespace manta::detail {

// Tells the coroutines of a strand that a load has ended. Any number may wait.
class ModelLoad {
 public:
  void end();  // any thread; what was written before is seen by those that wait
  bool ended() const { return ended_.load(std::memory_order_acquire); }
  Task<void> wait();  // on the strand; at once when it has ended

 private:
  std::atomic<bool> ended_ = false;
  std::mutex mutex_;  // guards waiting_, and its emptying by end()
  std::vector<std::shared_ptr<Signal>> waiting_;
};

}  // namespace manta::detail
