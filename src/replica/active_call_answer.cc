// How a call is answered: over its connection, or to a caller in the process.
#include <utility>

#include "net/wire.h"
#include "replica/active_call.h"
#include "replica/call_board.h"
#include "replica/error_response.h"

namespace manta::replica {

int ActiveCall::others() const { return board_->admission.ongoing() - (has_place_ ? 1 : 0); }

void ActiveCall::answer_direct(Result<Reply>&& reply) {
  std::exchange(direct_, nullptr)->end({.reply = std::move(reply), .queue = others()});
}

void ActiveCall::answer(Result<Reply>&& reply) {
  if (direct_) return answer_direct(std::move(reply));
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
    reply->http->headers.set(net::wire::kQueue, queue());
    return exchange_->respond(std::move(*reply->http));
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
