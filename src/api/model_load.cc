#include <manta/detail/model_load.h>

#include <utility>

namespace manta::detail {

void ModelLoad::end() {
  std::vector<std::shared_ptr<Signal>> waiting;
  {
    const std::lock_guard lock(mutex_);
    ended_.store(true, std::memory_order_release);
    waiting = std::exchange(waiting_, {});
  }
  for (const auto& signal : waiting) signal->wake();
}

Task<void> ModelLoad::wait() {
  const auto signal = std::make_shared<Signal>();
  {
    const std::lock_guard lock(mutex_);
    if (ended()) co_return;
    waiting_.push_back(signal);
  }
  auto woken = signal->wait();
  co_await woken;
}

}  // namespace manta::detail
