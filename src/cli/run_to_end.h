#pragma once

#include <optional>
#include <utility>

#include <manta/task.h>

#include "base/loop.h"
#include "base/task_scope.h"

namespace manta::cli {

template <class T>
Task<void> keep_result(Loop& loop, Task<T> task, std::optional<T>& result) {
  result = co_await std::move(task);
  loop.stop();
}

// Runs one task in a program that has no loop, on a loop of its own: start(loop) makes it. Blocks.
template <class T, class F>
T run_to_end(F start) {
  SystemClock clock;
  Loop loop(clock);
  std::optional<T> result;
  TaskScope scope(loop);
  loop.post([&] { scope.spawn(keep_result<T>(loop, start(loop), result)); });
  loop.run();
  return std::move(*result);
}

}  // namespace manta::cli
