#include "base/task_scope.h"

#include <utility>

namespace manta {

TaskScope::Id TaskScope::spawn(Task<void> task, Frame frame) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  const Id id = id_of(index);
  slots_[index].task = std::move(task);
  slots_[index].frame = frame;
  slots_[index].task.start(*this, id);
  return id;
}

bool TaskScope::stands(Id id) const {
  const std::uint32_t index = index_of(id);
  return index < slots_.size() && slots_[index].task.valid() && slots_[index].uses == id >> 32U;
}

Task<void> TaskScope::take(Id id) {
  Slot& slot = slots_[index_of(id)];
  ++slot.uses;
  free_.push_back(index_of(id));
  return std::exchange(slot.task, {});
}

// One that has been cancelled meanwhile is destroyed already, or will be.
void TaskScope::task_ended(Id id) noexcept {
  if (!stands(id)) return;
  const Frame frame = slots_[index_of(id)].frame;
  Task<void> ended = take(id);
  if (frame == Frame::FromLoop) destroy_from_loop(std::move(ended));
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
  if (stands(id)) destroy_from_loop(take(id));
}

void TaskScope::cancel_all() {
  std::vector<Task<void>> all;
  for (std::uint32_t index = 0; index < slots_.size(); ++index)
    if (slots_[index].task.valid()) all.push_back(take(id_of(index)));
  all.clear();
  std::exchange(*over_, {}).clear();
}

}  // namespace manta
