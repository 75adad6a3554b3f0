#include "base/task_scope.h"

#include <utility>

namespace manta {

TaskScope::Id TaskScope::spawn(Task<void> task, Frame frame) {
  const Id id = spawned_.add({std::move(task), frame});
  spawned_.at(id).task.start(*this, id);
  return id;
}

// One that has been cancelled meanwhile is destroyed already, or will be.
void TaskScope::task_ended(Id id) noexcept {
  if (!spawned_.contains(id)) return;
  Spawned ended = spawned_.take(id);
  if (ended.frame == Frame::FromLoop) destroy_from_loop(std::move(ended.task));
}

void TaskScope::destroy_from_loop(Task<void> task) {
  over_->push_back(std::move(task));
  if (over_->size() > 1) return;
  loop_.post([weak = std::weak_ptr(over_)] {
    const auto over = weak.lock();
    if (!over) return;
    std::vector<Task<void>> now;
    now.swap(*over);
    now.clear();
    if (over->empty()) over->swap(now);  // keeps the room
  });
}

void TaskScope::cancel(Id id) {
  if (spawned_.contains(id)) destroy_from_loop(spawned_.take(id).task);
}

void TaskScope::cancel_all() {
  spawned_.take_all().clear();
  std::exchange(*over_, {}).clear();
}

}  // namespace manta
