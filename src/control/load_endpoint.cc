#include "control/load_endpoint.h"

#include <utility>

#include <manta/detail/json.h>

#include "net/wire.h"
#include "spec/error_reply.h"

namespace manta::control {

void take_load_report(Controller& controller, net::Exchange& exchange, Door door) {
  net::Response response{.status = 200, .headers = {}, .body = "{}"};
  const auto report = detail::from_json<spec::LoadReport>(exchange.request().body, UnknownKeys::Ignore);
  const Result<void> taken = report ? controller.take_load(caller_id(exchange.connection_id(), door), *report)
                                    : std::unexpected(report.error());
  if (!taken) {
    response.status = http_status(taken.error());
    response.body = detail::to_json(spec::error_reply(taken.error())).value_or("{}");
  }
  response.headers.add("content-type", net::wire::kJson);
  exchange.respond(std::move(response));
}

}  // namespace manta::control
