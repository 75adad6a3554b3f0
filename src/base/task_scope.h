#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include <manta/task.h>

#include "base/loop.h"

namespace manta {

// Owns background coroutines of one loop; the only way to run one that nobody awaits. Destroying the scope destroys
// those still suspended, which cancels what they wait for. Loop-confined. A spawned task must not let an exception
// escape.
class TaskScope {
 public:
  explicit TaskScope(Loop& loop) : loop_(loop) {}
  ~TaskScope() { cancel_all(); }
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  using Id = std::uint64_t;
  // Starts at once, on the calling stack, for the current request if there is one.
  Id spawn(Task<void> task);
  // Destroys the task at its point of suspension; later, when it is the one running now. Nothing if it has ended.
  void cancel(Id id);
  void cancel_all();
  std::size_t size() const { return tasks_.size(); }

 private:
  Task<void> run(Id id, Task<void> task);
  void erase(Id id);

  Loop& loop_;
  Id next_id_ = 1;
  std::unordered_map<Id, Task<void>> tasks_;
  // Cancelled and not yet destroyed: by the loop's next turn, but not later than the scope, whose owner they may refer
  // to.
  std::shared_ptr<std::vector<Task<void>>> cancelled_ = std::make_shared<std::vector<Task<void>>>();
};

}  // namespace manta
