// Methods of the framework's own (where_am_i), which wait for no request.
#include <exception>
#include <memory>
#include <utility>

#include "net/wire.h"
#include "replica/error_response.h"
#include "replica/replica_impl.h"
#include "replica/request_decode.h"

namespace manta::replica {

Task<void> ReplicaServer::Impl::answer_aside(net::ExchangePtr exchange, const spec::MethodSpec* method,
                                             std::shared_ptr<Servable> servable) {
  const net::Request& request = exchange->request();
  const Format format = request_format(request);
  Invocation invocation{.method = method, .request_format = format, .reply_format = reply_format(request, format)};
  const bool as_json = invocation.reply_format == Format::Json;
  auto reply = std::make_shared<Result<Reply>>();
  Compute::Job job = [reply, servable, invocation = std::move(invocation)]() mutable {
    try {
      *reply = servable->call_blocking(invocation);
    } catch (...) {
      *reply = std::unexpected(error_of(std::current_exception()));
    }
  };
  auto running = run_on(options.aside ? *options.aside : compute, loop, std::move(job));
  const auto ran = co_await running;
  if (!ran) *reply = std::unexpected(ran.error());
  net::Response response =
      *reply ? net::Response{.headers = {{"content-type", as_json ? net::wire::kJson : net::wire::kMsgPack}},
                             .body = std::move((*reply)->body)}
             : error_response(reply->error(), request.headers.get(net::wire::kRequestId).value_or(""));
  response.headers.add(net::wire::kQueue, std::to_string(board.admission.ongoing()));
  exchange->respond(std::move(response));
}

}  // namespace manta::replica
