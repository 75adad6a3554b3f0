#include "routing/answer.h"

#include <utility>

#include "net/wire.h"
#include "routing/pending_call.h"
#include "spec/stream_end.h"

namespace manta::routing {
namespace {

Error cut_short(const PendingCall& pending) {
  return {.code = ErrorCode::ReplicaDied,
          .message = "the answer of replica " + pending.replica_id + " was cut short: the replica was lost or gave up",
          .maybe_executed = true};
}

Error too_late() {
  return {.code = ErrorCode::DeadlineExceeded,
          .message = "the time given for the request ran out before the answer was complete"};
}

// An item stream says in its trailers how it ended; none means that it was cut.
Result<void> end_of_items(const PendingCall& pending) {
  if (pending.headers.get("content-type") != net::wire::kItems) return {};
  const net::Headers& trailers = pending.call->trailers();
  const auto status = trailers.get(net::wire::kStatus);
  if (!status) return std::unexpected(cut_short(pending));
  return spec::stream_end(*status, trailers.get(net::wire::kErrorJson).value_or(""),
                          trailers.get(net::wire::kErrorStatus).value_or(""));
}

std::optional<Result<std::string>> bytes_there(PendingCall& pending) {
  if (pending.timed_out) return std::unexpected(too_late());
  if (!pending.call->body().empty()) return pending.call->take();
  if (pending.failure) return std::unexpected(cut_short(pending));
  if (!pending.call->ended()) return std::nullopt;
  const auto ended_well = end_of_items(pending);
  if (!ended_well) return std::unexpected(ended_well.error());
  return std::string();
}

Task<Result<std::string>> next_bytes(PendingCall* pending) {
  for (;;) {
    auto bytes = bytes_there(*pending);
    if (bytes) co_return std::move(*bytes);
    co_await pending->update();
  }
}

Task<Result<net::Response>> whole_response(PendingCall* pending) {
  net::Response response{.status = pending->status};
  for (;;) {
    if (pending->timed_out) co_return std::unexpected(too_late());
    if (!pending->call->body().empty()) {
      if (response.body.empty())
        response.body = pending->call->take();
      else
        response.body += pending->call->take();
    }
    if (pending->failure) co_return std::unexpected(cut_short(*pending));
    if (pending->call->ended()) break;
    co_await pending->update();
  }
  const auto ended_well = end_of_items(*pending);
  if (!ended_well) co_return std::unexpected(ended_well.error());
  response.headers = std::move(pending->headers);
  co_return response;
}

}  // namespace

Answer::Answer() = default;
Answer::Answer(std::unique_ptr<PendingCall> pending) : pending_(std::move(pending)) {}
Answer::Answer(Answer&&) noexcept = default;
Answer& Answer::operator=(Answer&&) noexcept = default;
Answer::~Answer() = default;

int Answer::status() const { return pending_->status; }
net::Headers& Answer::headers() { return pending_->headers; }
const std::string& Answer::replica_id() const { return pending_->replica_id; }
bool Answer::complete() const { return pending_->over(); }
std::optional<Result<std::string>> Answer::try_next() { return bytes_there(*pending_); }
Task<Result<std::string>> Answer::next() { return next_bytes(pending_.get()); }
Task<Result<net::Response>> Answer::whole() { return whole_response(pending_.get()); }
const net::Headers& Answer::trailers() const { return pending_->call->trailers(); }

}  // namespace manta::routing
