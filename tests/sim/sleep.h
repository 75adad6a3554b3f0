#pragma once

#include <coroutine>

#include <manta/task.h>

#include "base/loop.h"

namespace manta::sim {

// co_await Sleep{loop, duration}: resumes once the loop's clock has moved that far.
struct Sleep {
  Loop& loop;
  Duration duration;
  TimerId timer = 0;
  detail::Resumption resumption;

  Sleep(Loop& on, Duration how_long) : loop(on), duration(how_long) {}
  Sleep(const Sleep&) = delete;
  Sleep& operator=(const Sleep&) = delete;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    resumption = detail::Resumption(handle);
    timer = loop.after(duration, [this] {
      timer = 0;
      resumption.resume();
    });
  }
  void await_resume() noexcept {}
  ~Sleep() { loop.cancel(timer); }
};

}  // namespace manta::sim
