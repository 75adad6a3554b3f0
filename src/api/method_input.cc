#include "api/method_input.h"

#include <optional>
#include <string>
#include <utility>

#include "api/pending_stream.h"

namespace manta::api {
namespace {

using InputState = detail::PendingStream::State;

Error replica_stops() { return {ErrorCode::Unavailable, "the replica is shutting down"}; }

Task<void> fill_input(std::shared_ptr<InputState> state, std::shared_ptr<replica::ItemInput> input) {
  for (;;) {
    auto reading = input->next();
    Result<std::optional<std::string>> item = co_await reading;
    if (!item) co_return state->end(std::unexpected(std::move(item.error())));
    if (!*item) co_return state->end({});
    state->put(std::move(**item));
    state->tell_reader();
    co_await RoomAwaiter{*state};
  }
}

void begin_input(const std::shared_ptr<InputState>& state, std::shared_ptr<replica::ItemInput> input) {
  TaskScope* tasks = state->strand->tasks();
  if (!tasks) return state->abandon(replica_stops());
  state->task = tasks->spawn(fill_input(state, std::move(input)));
}

}  // namespace

detail::PendingStream open_input(const std::shared_ptr<Strand>& strand, std::shared_ptr<replica::ItemInput> input) {
  auto state = std::make_shared<InputState>(strand);
  if (!input)
    state->end({});
  else if (strand->on_thread())
    begin_input(state, std::move(input));
  else if (!strand->post([state, input = std::move(input)]() mutable { begin_input(state, std::move(input)); }))
    state->abandon(replica_stops());
  return detail::PendingStream(std::move(state));
}

}  // namespace manta::api
