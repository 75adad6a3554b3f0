#include "replica/response_cache_flight.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <manta/detail/json.h>

#include "net/wire.h"
#include "replica/error_response.h"
#include "spec/error_reply.h"

namespace manta::replica {
namespace {

// An error names the request that it answers.
void readdress(net::Response& response, const std::string& request_id) {
  if (!response.headers.has(net::wire::kError)) return;
  auto reply = detail::from_json<spec::ErrorReply>(response.body);
  if (!reply) return;
  reply->error.request_id = request_id;
  if (auto body = detail::to_json(*reply)) response.body = std::move(*body);
}

}  // namespace

ResponseCacheFlight::ResponseCacheFlight(Loop& loop, net::Exchange& first, Events events)
    : loop_(loop),
      events_(std::move(events)),
      request_(std::move(first.request())),
      connection_(first.connection_id()),
      http2_(first.is_http2()) {}

ResponseCacheFlight::~ResponseCacheFlight() {
  for (const Waiter& waiter : waiters_) loop_.cancel(waiter.timer);
  if (!closed_) events_.empty();
}

void ResponseCacheFlight::wait(net::ExchangePtr exchange, std::shared_ptr<const RequestContext> context) {
  const std::uint64_t id = next_id_++;
  TimerId timer = 0;
  if (context->deadline != TimePoint::max()) timer = loop_.at(context->deadline, [this, id] { time_is_up(id); });
  exchange->when_closed([weak = weak_from_this(), id] {
    if (const auto self = weak.lock()) self->leave(id);
  });
  waiters_.push_back({id, std::move(exchange), std::move(context), loop_.now(), timer, id == 1});
}

void ResponseCacheFlight::respond(net::Response response) {
  if (std::exchange(closed_, true)) return;
  when_closed_ = nullptr;
  events_.ended(response);
  for (const Waiter& waiter : std::exchange(waiters_, {})) {
    loop_.cancel(waiter.timer);
    waiter.exchange->when_closed(nullptr);
    net::Response copy = response;
    copy.headers.set(net::wire::kCache, waiter.first ? "miss" : "joined");
    if (!waiter.first) readdress(copy, waiter.context->request_id);
    waiter.exchange->respond(std::move(copy));
    if (!waiter.first)
      events_.joined(*waiter.context, std::chrono::duration<double, std::milli>(loop_.now() - waiter.since).count());
  }
}

void ResponseCacheFlight::leave(std::uint64_t id) {
  const auto self = shared_from_this();  // the run may drop this
  const auto waiter = std::ranges::find(waiters_, id, &Waiter::id);
  if (waiter == waiters_.end()) return;
  loop_.cancel(waiter->timer);
  waiters_.erase(waiter);
  if (!waiters_.empty() || std::exchange(closed_, true)) return;
  events_.empty();
  if (auto callback = std::exchange(when_closed_, nullptr)) callback();
}

void ResponseCacheFlight::time_is_up(std::uint64_t id) {
  const auto waiter = std::ranges::find(waiters_, id, &Waiter::id);
  if (waiter == waiters_.end()) return;
  waiter->exchange->when_closed(nullptr);
  net::Response response = error_response(
      {.code = ErrorCode::DeadlineExceeded, .message = "the time given for the request ran out while it was running"},
      waiter->context->request_id);
  waiter->exchange->respond(std::move(response));
  events_.too_late(*waiter->context);
  leave(id);
}

void ResponseCacheFlight::start(int status, net::Headers headers) {
  respond({.status = status, .headers = std::move(headers), .body = {}});
}
void ResponseCacheFlight::write(std::string_view) {}
void ResponseCacheFlight::finish(net::Headers) {}
void ResponseCacheFlight::abort() {
  respond(error_response({.code = ErrorCode::Internal, .message = "the answer was given up"}, {}));
}

}  // namespace manta::replica
