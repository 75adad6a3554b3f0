#include "base/task_scope.h"

#include <memory>
#include <utility>

namespace manta {

Task<void> TaskScope::run(Id id, Task<void> task) {
  co_await task;
  erase(id);
}

TaskScope::Id TaskScope::spawn(Task<void> task) {
  const Id id = next_id_++;
  Task<void>& running = tasks_.emplace(id, run(id, std::move(task))).first->second;
  running.start();
  return id;
}

// The frame that ends is the one running this: it is destroyed from the loop, once it has reached its final suspension.
void TaskScope::erase(Id id) {
  auto node = tasks_.extract(id);
  if (node.empty()) return;
  loop_.post([ended = std::make_shared<Task<void>>(std::move(node.mapped()))] {});
}

void TaskScope::cancel(Id id) {
  auto node = tasks_.extract(id);
  if (node.empty()) return;
  cancelled_->push_back(std::move(node.mapped()));
  loop_.post([weak = std::weak_ptr(cancelled_)] {
    if (const auto cancelled = weak.lock()) std::exchange(*cancelled, {}).clear();
  });
}

void TaskScope::cancel_all() {
  auto tasks = std::exchange(tasks_, {});
  tasks.clear();
  std::exchange(*cancelled_, {}).clear();
}

}  // namespace manta
