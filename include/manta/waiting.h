#pragma once

#include <cstddef>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <manta/detail/caller.h>
#include <manta/detail/response.h>
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

template <class Responses, class Values, std::size_t... I>
Task<void> gather_each(Responses responses, Values& values, std::index_sequence<I...>) {
  (std::get<I>(values).emplace(co_await std::get<I>(responses)), ...);
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

// Waits for all; their answers in order. The calls run in parallel already. The first failure, in that order, is thrown
// and cancels the others.
template <class... R>
Task<std::tuple<R...>> gather(Response<R>... responses) {
  std::tuple<std::optional<R>...> values;
  co_await detail::gather_each(std::tie(responses...), values, std::index_sequence_for<R...>());
  co_return std::apply([](auto&... value) { return std::tuple<R...>(std::move(*value)...); }, values);
}

template <class R>
Task<std::vector<R>> gather(std::vector<Response<R>> responses) {
  std::vector<R> values;
  values.reserve(responses.size());
  for (auto& response : responses) values.push_back(co_await response);
  co_return values;
}

}  // namespace manta
