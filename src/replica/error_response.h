#pragma once

#include <exception>
#include <string_view>

#include <manta/error.h>

#include "net/message.h"

namespace manta::replica {

// {"error": {...}} as JSON.
std::string error_json(const Error& error, std::string_view request_id);
// A whole error answer with x-manta-error and, where it applies, retry-after.
net::Response error_response(const Error& error, std::string_view request_id);
// What the user's code threw: the Error of a manta::Exception, else AppError with what(). No traceback.
Error error_of(const std::exception_ptr& thrown);

}  // namespace manta::replica
