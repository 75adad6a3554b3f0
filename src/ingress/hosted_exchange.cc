#include "ingress/hosted_exchange.h"

#include <utility>

#include "ingress/public_answer.h"
#include "net/wire.h"
#include "routing/error_answer.h"

namespace manta::ingress {

HostedExchange::HostedExchange(Loop& loop, HostedRequest&& request) : loop_(loop), its_(std::move(request)) {}

HostedExchange::~HostedExchange() {
  if (state_ != State::Complete && !its_.client->closed()) abort();
}

void HostedExchange::fail(const Error& error) {
  state_ = State::Complete;
  held_.reset();
  respond_error(*its_.client, its_.record, error, its_.error_as_json);
}

void HostedExchange::end_whole(net::Response answer) {
  state_ = State::Complete;
  answer.headers = public_headers(std::move(answer.headers), its_.record.request_id());
  its_.record.end(answer.status);
  its_.client->respond(std::move(answer));
}

void HostedExchange::respond(net::Response response) {
  if (state_ != State::Open) return;
  if (response.headers.has(net::wire::kError)) return fail(routing::error_in(response));
  end_whole(std::move(response));
}

// Events leave at once: the next one may be far off.
void HostedExchange::start(int status, net::Headers headers) {
  if (state_ != State::Open) return;
  state_ = State::Started;
  status_ = status;
  events_ = is_event_stream(headers);
  if (events_) return its_.client->start(status, public_headers(std::move(headers), its_.record.request_id()));
  held_ = net::Response{.status = status, .headers = std::move(headers), .body = {}};
  loop_.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->send_held();
  });
}

void HostedExchange::send_held() {
  if (!held_) return;
  net::Response begun = *std::exchange(held_, std::nullopt);
  its_.client->start(begun.status, public_headers(std::move(begun.headers), its_.record.request_id()));
  its_.client->write(begun.body);
}

void HostedExchange::write(std::string_view bytes) {
  if (state_ != State::Started) return;
  if (held_) {
    held_->body.append(bytes);
    return;
  }
  if (events_) boundary_.feed(bytes);
  its_.client->write(bytes);
}

void HostedExchange::finish(net::Headers) {
  if (state_ != State::Started) return;
  if (held_) return end_whole(*std::exchange(held_, std::nullopt));
  state_ = State::Complete;
  its_.record.end(status_);
  its_.client->finish();
}

void HostedExchange::abort() {
  if (state_ == State::Complete) return;
  if (state_ == State::Open || held_) return fail(cut_short());
  state_ = State::Complete;
  end_truncated(*its_.client, its_.record, cut_short(), events_, boundary_);
}

Error HostedExchange::cut_short() const {
  if (loop_.now() >= its_.context->deadline)
    return {.code = ErrorCode::DeadlineExceeded,
            .message = "the time given for the request ran out before the answer was complete"};
  return {.code = ErrorCode::ReplicaDied,
          .message = "the answer was cut short: the deployment in the proxy gave it up",
          .maybe_executed = true};
}

std::size_t HostedExchange::queued() const {
  if (held_) return held_->body.size();
  return its_.client->closed() ? 0 : its_.client->queued();
}

void HostedExchange::when_drained(std::size_t low_water, Callback callback) {
  send_held();
  if (!its_.outlives_client) return its_.client->when_drained(low_water, std::move(callback));
  on_drained_ = std::move(callback);
  const auto go_on = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->client_took_it();
  };
  its_.client->when_drained(low_water, go_on);
  its_.client->when_closed(go_on);
}

void HostedExchange::client_took_it() {
  if (auto callback = std::exchange(on_drained_, nullptr)) callback();
}

void HostedExchange::when_closed(Callback callback) {
  if (!its_.outlives_client) its_.client->when_closed(std::move(callback));
}

}  // namespace manta::ingress
