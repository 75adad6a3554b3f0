#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <manta/detail/caller.h>
#include <manta/detail/response.h>
#include <manta/error.h>
#include <manta/task.h>

namespace manta {

namespace detail {

template <class R>
std::vector<const PendingCall*> pending_of(const std::vector<Response<R>>& responses) {
  std::vector<const PendingCall*> calls;
  calls.reserve(responses.size());
  for (const auto& response : responses) calls.push_back(&response.pending());
  return calls;
}

// What a gathered answer is: nothing has to be something in a tuple.
template <class R>
using Gathered = std::conditional_t<std::is_void_v<R>, std::monostate, R>;

template <class R>
Task<void> gather_one(Response<R>& response, std::optional<Gathered<R>>& value) {
  if constexpr (std::is_void_v<R>) {
    co_await response;
    value.emplace();
  } else {
    value.emplace(co_await response);
  }
}

template <class Responses, class Values, std::size_t... I>
Task<void> gather_each(Responses responses, Values& values, std::index_sequence<I...>) {
  (co_await gather_one(std::get<I>(responses), std::get<I>(values)), ...);
}

}  // namespace detail

// Blocks until one of the responses is done: its index. nullopt when the timeout ran out or there are none. For compute
// threads and client programs.
template <class R>
std::optional<std::size_t> wait_any(const std::vector<Response<R>>& responses, detail::Timeout timeout = {}) {
  return detail::wait_any(detail::pending_of(responses), timeout);
}

// The same for coroutine methods: co_await when_any(responses, 10s). The responses must outlive the wait.
template <class R>
detail::AnyAwaiter when_any(const std::vector<Response<R>>& responses, detail::Timeout timeout = {}) {
  return detail::AnyAwaiter(detail::pending_of(responses), timeout);
}

// Waits for all; their answers in order, std::monostate for void. The calls run in parallel already. The first failure,
// in that order, is thrown and cancels the others.
template <class... R>
Task<std::tuple<detail::Gathered<R>...>> gather(Response<R>... responses) {
  std::tuple<std::optional<detail::Gathered<R>>...> values;
  co_await detail::gather_each(std::tie(responses...), values, std::index_sequence_for<R...>());
  co_return std::apply([](auto&... value) { return std::tuple<detail::Gathered<R>...>(std::move(*value)...); }, values);
}

template <class R>
Task<std::vector<R>> gather(std::vector<Response<R>> responses) {
  std::vector<R> values;
  values.reserve(responses.size());
  for (auto& response : responses) values.push_back(co_await response);
  co_return values;
}

inline Task<void> gather(std::vector<Response<void>> responses) {
  for (auto& response : responses) co_await response;
}

// The first answer; the other calls are cancelled. A failure counts only when there is no other call left: then the
// last one is thrown. InvalidArgument without any response.
template <class R>
Task<R> race(std::vector<Response<R>> responses) {
  if (responses.empty()) throw Exception({ErrorCode::InvalidArgument, "race() of no responses"});
  for (;;) {
    auto any = when_any(responses);
    const auto first = static_cast<std::ptrdiff_t>(*co_await any);
    Response<R> done = std::move(responses[static_cast<std::size_t>(first)]);
    responses.erase(responses.begin() + first);
    try {
      co_return co_await done;
    } catch (const Exception&) {
      if (responses.empty()) throw;
    }
  }
}

template <class R, class... Others>
Task<R> race(Response<R> first, Response<R> second, Others... others) {
  std::vector<Response<R>> responses;
  responses.push_back(std::move(first));
  responses.push_back(std::move(second));
  (responses.push_back(std::move(others)), ...);
  return race(std::move(responses));
}

// Calls fn(), which returns a Response, and once more if no answer has come `after` that time: the first answer counts,
// the other call is cancelled. For methods that may run twice.
template <class F>
auto hedge(std::chrono::nanoseconds after, F fn) -> Task<typename std::invoke_result_t<F&>::value_type> {
  std::vector<std::invoke_result_t<F&>> running;
  running.push_back(fn());
  auto in_time = when_any(running, after);
  const bool answered = (co_await in_time).has_value();
  if (!answered) running.push_back(fn());
  auto racing = race(std::move(running));
  co_return co_await racing;
}

}  // namespace manta
