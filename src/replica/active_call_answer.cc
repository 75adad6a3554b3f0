// How a call ends, and is answered: over its connection, or to a caller in the process.
#include <chrono>
#include <string>
#include <utility>

#include "net/wire.h"
#include "replica/active_call.h"
#include "replica/call_board.h"
#include "replica/error_response.h"

namespace manta::replica {
namespace {

double in_milliseconds(Duration took) { return std::chrono::duration<double, std::milli>(took).count(); }

net::Response to_net(HttpResponse&& answer) {
  net::Response made{.status = answer.status, .body = std::move(answer.body)};
  for (const auto& [name, value] : answer.headers) made.headers.add(name, value);
  return made;
}

}  // namespace

void ActiveCall::finish(Result<Reply>&& reply) {
  if (!board_) return;
  disarm_timer();
  if (!std::exchange(answered_, true)) {
    const TimePoint now = loop_.now();
    const Duration took = now - admitted_at_;
    board_->metrics.answered(context_->route, in_milliseconds(took));
    if (!reply) board_->metrics.count_error(context_->route, std::string(name(reply.error().code)));
    log(reply ? "OK" : name(reply.error().code), took);
    release_place();
    answer(std::move(reply), now);
  }
  release_place();
}

void ActiveCall::log(std::string_view outcome, Duration took) {
  board_->call_log.add(invocation_.method->name, outcome, in_milliseconds(took), *context_);
}

void ActiveCall::give_up(const Error& error) {
  if (answered_ || !board_) return;
  const auto self = shared_from_this();
  answered_ = true;
  disarm_timer();
  board_->metrics.route(context_->route).requests.add();
  board_->metrics.count_error(context_->route, std::string(name(error.code)));
  const TimePoint now = loop_.now();
  log(name(error.code), now - admitted_at_);
  stop_work();
  answer(std::unexpected(error), now);
}

void ActiveCall::on_closed() {
  direct_ = nullptr;
  if (answered_ || !board_) return;
  const auto self = shared_from_this();
  answered_ = true;
  disarm_timer();
  board_->metrics.count_error(context_->route, std::string(name(ErrorCode::Cancelled)));
  log(name(ErrorCode::Cancelled), board_->loop.now() - admitted_at_);
  if (stream_) stream_->close();
  stop_work();
}

int ActiveCall::others() const { return board_->admission.ongoing() - (has_place_ ? 1 : 0); }

void ActiveCall::answer_direct(Result<Reply>&& reply, TimePoint now) {
  std::exchange(direct_, nullptr)->end(std::move(reply), {.queue = others(), .at = now});
}

void ActiveCall::answer(Result<Reply>&& reply, TimePoint now) {
  if (direct_) return answer_direct(std::move(reply), now);
  exchange_->when_closed(nullptr);
  if (!reply) {
    if (stream_ && stream_->started()) return stream_->fail_with(reply.error(), context_->request_id);
    if (stream_) stream_->close();
    net::Response response = error_response(reply.error(), context_->request_id);
    response.headers.add(net::wire::kQueue, queue());
    return exchange_->respond(std::move(response));
  }
  if (reply->http) {
    if (stream_) stream_->close();
    net::Response response = to_net(std::move(*reply->http));
    response.headers.set(net::wire::kQueue, queue());
    return exchange_->respond(std::move(response));
  }
  if (stream_) return stream_->finish();
  net::Response response;
  response.headers.add("content-type",
                       invocation_.reply_format == Format::Json ? net::wire::kJson : net::wire::kMsgPack);
  response.headers.add(net::wire::kQueue, queue());
  response.body = std::move(reply->body);
  exchange_->respond(std::move(response));
}

}  // namespace manta::replica
