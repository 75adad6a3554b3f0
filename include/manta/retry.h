#pragma once

#include <chrono>
#include <type_traits>
#include <utility>

#include <manta/deployment.h>
#include <manta/detail/response.h>
#include <manta/error.h>
#include <manta/task.h>

namespace manta {

namespace detail {

// Worth another try: Overloaded, Unavailable, ReplicaDied, DeadlineExceeded; never the application's own errors.
bool is_transient(ErrorCode code);
// base * 2^attempt, or the error's own hint when that is longer.
std::chrono::nanoseconds back_off(std::chrono::nanoseconds base, int attempt, const Error& error);
// Blocks this thread. Throws Exception on a strand.
void sleep_blocking(std::chrono::nanoseconds duration);

template <class T>
struct Awaited {
  using type = void;  // not awaitable
};
template <class R>
struct Awaited<Response<R>> {
  using type = Task<R>;
};
template <class R>
struct Awaited<Task<R>> {
  using type = Task<R>;
};
template <class F>
using AwaitedTask = typename Awaited<std::invoke_result_t<F&>>::type;

}  // namespace detail

// Calls fn() up to `times` times, with pauses of base_backoff, twice that, ... between, while it fails with an error
// that another try may cure. Here fn returns a value or void, and this blocks: for compute threads and client programs.
template <class F>
  requires std::is_void_v<detail::AwaitedTask<F>>
std::invoke_result_t<F&> retry(int times, std::chrono::nanoseconds base_backoff, F fn) {
  for (int attempt = 0;; ++attempt) {
    try {
      return fn();
    } catch (const Exception& exception) {
      if (attempt + 1 >= times || !detail::is_transient(exception.code())) throw;
      detail::sleep_blocking(detail::back_off(base_backoff, attempt, exception.error()));
    }
  }
}

// The same for coroutine methods: fn returns a Response or a Task.
template <class F>
  requires(!std::is_void_v<detail::AwaitedTask<F>>)
detail::AwaitedTask<F> retry(int times, std::chrono::nanoseconds base_backoff, F fn) {
  for (int attempt = 0;; ++attempt) {
    std::chrono::nanoseconds pause{0};
    try {
      auto running = fn();
      co_return co_await running;
    } catch (const Exception& exception) {
      if (attempt + 1 >= times || !detail::is_transient(exception.code())) throw;
      pause = detail::back_off(base_backoff, attempt, exception.error());
    }
    co_await sleep(pause);
  }
}

}  // namespace manta
