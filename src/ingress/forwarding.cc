#include "ingress/forwarding.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "ingress/drained.h"
#include "ingress/event_boundary.h"
#include "ingress/public_answer.h"
#include "routing/input_sender.h"

namespace manta::ingress {
namespace {

// Above the first the replica is not read; below the second it is again. One window of a body fits twice.
constexpr std::size_t kMaxQueued = std::size_t{512} << 10;
constexpr std::size_t kMaxQueuedEvents = std::size_t{64} << 10;
constexpr Duration kLongestWaitForArguments = std::chrono::seconds(30);
// An answer that says it is this short is waited for as a whole: if the replica dies meanwhile, the client gets an
// error instead of half an answer.
constexpr std::size_t kGathered = std::size_t{64} << 10;

bool is_short(routing::Answer& answer) {
  if (answer.complete()) return true;
  const auto text = answer.headers().get("content-length");
  std::size_t length = 0;
  return text && std::from_chars(text->data(), text->data() + text->size(), length).ec == std::errc{} &&
         length <= kGathered;
}

void respond_error(Forwarding& request, const Error& error) {
  respond_error(*request.exchange, request.record, error, request.error_as_json);
}

// Both halves below run inside forward(), whose frame holds `request`.
Task<void> respond_whole(Forwarding* request, routing::Answer answer) {
  auto whole = co_await answer.whole();
  if (!whole) {
    respond_error(*request, whole.error());
    co_return;
  }
  whole->headers = public_headers(std::move(whole->headers), request->record.request_id());
  request->record.end(whole->status);
  request->exchange->respond(std::move(*whole));
}

Task<void> copy_stream(Forwarding* request, routing::Answer answer) {
  net::Exchange& exchange = *request->exchange;
  const bool events = is_event_stream(answer.headers());
  const std::size_t max_queued = events ? kMaxQueuedEvents : kMaxQueued;
  const int status = answer.status();
  exchange.start(status, public_headers(answer.headers(), request->record.request_id()));
  EventBoundary boundary;
  for (;;) {
    const auto bytes = co_await answer.next();
    if (!bytes) {
      end_truncated(exchange, request->record, bytes.error(), events, boundary);
      co_return;
    }
    if (bytes->empty()) break;
    if (events) boundary.feed(*bytes);
    exchange.write(*bytes);
    if (exchange.queued() > max_queued) co_await Drained(exchange, max_queued / 2, request->outlives_client);
  }
  request->record.end(status);
  exchange.finish();
}

}  // namespace

Task<void> forward_stream(Loop& loop, Forwarding request, std::unique_ptr<BodyLines> lines, bool first_is_arguments) {
  const TimePoint deadline = request.outbound.context->deadline;
  if (first_is_arguments) {
    auto reading = lines->first(std::min(deadline, loop.now() + kLongestWaitForArguments));
    auto arguments = co_await reading;
    if (!arguments) {
      respond_error(request, arguments.error());
      co_return;
    }
    if (*arguments) request.outbound.body = std::make_shared<const std::string>(std::move(**arguments));
  }
  routing::InputSender input(loop, std::move(lines), deadline);
  input.go_with(request.outbound);
  auto forwarding = forward(std::move(request));
  co_await forwarding;
}

Task<void> forward(Forwarding request) {
  auto answer = co_await request.dispatcher->dispatch(std::move(request.outbound));
  if (!answer) {
    respond_error(request, answer.error());
    co_return;
  }
  if (is_short(*answer))
    co_await respond_whole(&request, std::move(*answer));
  else
    co_await copy_stream(&request, std::move(*answer));
}

}  // namespace manta::ingress
