#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <manta/task.h>

#include "base/loop.h"
#include "base/slot_table.h"

namespace manta {

// Owns background coroutines of one loop; the only way to run one that nobody awaits. Destroying the scope destroys
// those still suspended, which cancels what they wait for. Loop-confined. A spawned task must not let an exception
// escape.
class TaskScope final : private detail::TaskOwner {
 public:
  explicit TaskScope(Loop& loop) : loop_(loop) {}
  ~TaskScope() { cancel_all(); }
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;

  using Id = std::uint64_t;  // 0 is never given out
  // When the frame of a task that has ended is destroyed, and with it what the coroutine was given by value. AtOnce
  // only where nothing on the stack may still need that.
  enum class Frame { FromLoop, AtOnce };
  // Starts at once, on the calling stack, for the current request if there is one.
  Id spawn(Task<void> task, Frame frame = Frame::FromLoop);
  // Destroys the task at its point of suspension; later, when it is the one running now. Nothing if it has ended.
  void cancel(Id id);
  void cancel_all();
  std::size_t size() const { return spawned_.size(); }

 private:
  struct Spawned {
    Task<void> task = {};
    Frame frame = Frame::FromLoop;
  };
  void task_ended(Id id) noexcept override;
  void destroy_from_loop(Task<void> task);

  Loop& loop_;
  SlotTable<Spawned> spawned_;
  // Ended or cancelled and not yet destroyed: by the loop's next turn, but not later than the scope, whose owner they
  // may refer to.
  std::shared_ptr<std::vector<Task<void>>> over_ = std::make_shared<std::vector<Task<void>>>();
};

}  // namespace manta
