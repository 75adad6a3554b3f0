#include "replica/error_response.h"

#include <cmath>

#include <manta/detail/json.h>

#include "net/wire.h"
#include "spec/error_reply.h"

namespace manta::replica {

std::string error_json(const Error& error, std::string_view request_id) {
  auto text = detail::to_json(spec::error_reply(error, request_id));
  return text ? std::move(*text) : R"({"error":{"type":"Internal","message":"an error that could not be encoded"}})";
}

net::Response error_response(const Error& error, std::string_view request_id) {
  net::Response response{.status = http_status(error)};
  response.headers.add("content-type", net::wire::kJson);
  response.headers.add(net::wire::kError, name(error.code));
  if (error.retry_after_s > 0)
    response.headers.add("retry-after", std::to_string(std::lround(std::ceil(error.retry_after_s))));
  response.body = error_json(error, request_id);
  return response;
}

Error error_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Exception& exception) {
    return exception.error();
  } catch (const std::exception& exception) {
    return {.code = ErrorCode::AppError, .message = exception.what()};
  } catch (...) {
    return {.code = ErrorCode::AppError, .message = "the deployment's code threw something that is no std::exception"};
  }
}

}  // namespace manta::replica
