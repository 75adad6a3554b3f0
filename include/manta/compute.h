#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include <manta/error.h>
#include <manta/task.h>

namespace manta {

namespace detail {

// Runs `job` on a compute thread of this replica and resumes on the strand. Outside a replica (a test that just
// constructs the class) it runs at once. The job must own what it uses: it may outlive the coroutine that waits for it.
Task<Result<void>> run_on_compute(std::move_only_function<void()> job);

template <class R>
struct ComputeResult {
  std::conditional_t<std::is_void_v<R>, std::tuple<>, std::optional<R>> value;
  std::exception_ptr exception;
};

}  // namespace detail

// Runs fn(args...) on a compute thread of this replica: for work that blocks or takes long, in a coroutine method.
// Throws what fn throws, and Overloaded when too much waits already. When the request is cancelled, a job that has not
// started is dropped; one that runs sees manta::cancelled() and ends by itself.
template <class F, class... A>
Task<std::invoke_result_t<F, A...>> compute(F fn, A... args) {
  using R = std::invoke_result_t<F, A...>;
  auto result = std::make_shared<detail::ComputeResult<R>>();
  std::move_only_function<void()> job = [result, fn = std::move(fn),
                                         given = std::tuple<A...>(std::move(args)...)]() mutable {
    try {
      if constexpr (std::is_void_v<R>)
        std::apply(fn, std::move(given));
      else
        result->value.emplace(std::apply(fn, std::move(given)));
    } catch (...) {
      result->exception = std::current_exception();
    }
  };
  Task<Result<void>> running = detail::run_on_compute(std::move(job));
  Result<void> ran = co_await running;
  value_or_throw(std::move(ran));
  if (result->exception) std::rethrow_exception(result->exception);
  if constexpr (!std::is_void_v<R>) co_return std::move(*result->value);
}

}  // namespace manta
