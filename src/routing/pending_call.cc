#include "routing/pending_call.h"

#include <charconv>
#include <limits>
#include <utility>

#include <manta/error.h>

#include "net/wire.h"

namespace manta::routing {
namespace {

std::int32_t queue_of(const net::Headers& headers) {
  const auto text = headers.get(net::wire::kQueue);
  std::int32_t queue = -1;
  if (text) std::from_chars(text->data(), text->data() + text->size(), queue);
  return queue;
}

Refusal refusal_of(std::string_view text) {
  if (text == "draining") return Refusal::Draining;
  if (text == "no-method") return Refusal::NoMethod;
  return Refusal::Full;
}

}  // namespace

PendingCall::~PendingCall() { loop.cancel(timer_); }

void PendingCall::start(const net::Outgoing& outgoing, TimePoint now) {
  replica_id = lease.replica_id();
  replica = lease.key();
  net::Channel* const channel = lease.channel();
  if (!channel) {
    failure = net::CallFailure::NeverStarted;
    return lease.lost();
  }
  sent_ = now;
  call = channel->start(outgoing, [this] { on_update(); });
  if (call->failure()) return on_failure();
  if (deadline != TimePoint::max()) timer_ = loop.at(deadline, [this] { on_deadline(); });
}

void PendingCall::on_update() {
  if (status == 0 && call->has_head()) on_head();
  if (call->failure()) {
    on_failure();
  } else if (call->ended()) {
    loop.cancel(std::exchange(timer_, 0));
    note_end();
    lease.release();
  }
  wake();
}

void PendingCall::on_head() {
  status = call->status();
  headers = std::move(call->headers());
  const std::string_view error = headers.get(net::wire::kError).value_or("");
  outcome_ = outcome_of(status, error);
  too_late_ = error == name(ErrorCode::DeadlineExceeded);
  const std::int32_t queue = queue_of(headers);
  if (const auto refused = headers.get(net::wire::kRefused)) {
    refusal = refusal_of(*refused);
    lease.refused(*refusal, queue < 0 ? std::numeric_limits<std::int32_t>::max() / 2 : queue);
  } else if (queue >= 0) {
    lease.reported(queue);
  }
}

// An item stream tells its errors at the end.
void PendingCall::note_end() {
  const auto told = call->trailers().get(net::wire::kStatus);
  const bool failed = told && *told != "ok";
  if (failed ? *told == name(ErrorCode::DeadlineExceeded) : too_late_) return note_deadline();
  const Outcome outcome = failed ? outcome_of(http_status({.code = error_code(*told)}), *told) : outcome_;
  if (outcome == Outcome::Success) lease.took(loop.now() - sent_);
  lease.ended(outcome);
}

void PendingCall::note_deadline() {
  lease.ended(lease.is_too_short(deadline - sent_) ? Outcome::Neutral : Outcome::Failure);
}

void PendingCall::on_failure() {
  if (failure) return;
  failure = call->failure();
  loop.cancel(std::exchange(timer_, 0));
  const bool connection_stands = lease && lease.channel() != nullptr;
  if (*failure != net::CallFailure::NeverStarted) lease.ended(Outcome::Failure);
  if (!connection_stands)
    lease.lost();
  else if (*failure == net::CallFailure::NeverStarted)  // it takes no more calls just now
    lease.refused(Refusal::Full, std::numeric_limits<std::int32_t>::max() / 2);
  else
    lease.release();
}

void PendingCall::on_deadline() {
  timer_ = 0;
  timed_out = true;
  call.reset();
  note_deadline();
  lease.release();
  wake();
}

void PendingCall::wake() {
  auto resumption = std::exchange(waiting, {});
  resumption.resume();  // may destroy this
}

}  // namespace manta::routing
