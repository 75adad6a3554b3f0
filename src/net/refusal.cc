#include "net/refusal.h"

#include <manta/error.h>

#include "base/error_names.h"
#include "net/wire.h"

namespace manta::net {
namespace {

ErrorCode code_of(int status) {
  switch (status) {
    case 408:
      return ErrorCode::DeadlineExceeded;
    case 503:
      return ErrorCode::Overloaded;
    case 500:
      return ErrorCode::Internal;
    default:
      return ErrorCode::InvalidArgument;
  }
}

}  // namespace

// The messages are our own and need no escaping.
Response to_response(const Refusal& refusal, std::string_view request_id) {
  Response response;
  response.status = refusal.status;
  response.headers.add("content-type", "application/json");
  if (refusal.status == 503) response.headers.add("retry-after", "1");
  response.body = R"({"error":{"type":")";
  response.body += name(code_of(refusal.status));
  response.body += R"(","code":")";
  response.body += snake_name(code_of(refusal.status));
  response.body += R"(","param":null,"message":")";
  response.body += refusal.message;
  if (!request_id.empty()) {
    response.headers.add(wire::kRequestId, request_id);
    response.body += R"(","request_id":")";
    response.body += request_id;
  }
  response.body += "\"}}";
  return response;
}

}  // namespace manta::net
