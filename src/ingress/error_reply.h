#pragma once

#include <string>
#include <string_view>

#include <manta/error.h>

#include "net/message.h"

namespace manta::ingress {

// {"error":{"type":...,"code":...,"param":null,"message":...,"detail":...,"request_id":...,"retry_after_s":...,"maybe_executed":true}},
// without the fields that are empty. Bytes that are not UTF-8 (they can come from a path) are replaced.
std::string error_json(const Error& error, std::string_view request_id);

// The answer for an error of this side: status, Retry-After for what is worth another try, and the error as JSON or as
// one line of text. A fault in the application's code reads "Internal Server Error" in text.
net::Response error_reply(const Error& error, std::string_view request_id, bool as_json);

// The last event of a stream whose replica was lost between two events.
std::string error_event(const Error& error, std::string_view request_id);

Error path_not_found(std::string_view path);
Error verb_not_allowed(std::string_view verb, std::string_view path, std::string_view allow);

}  // namespace manta::ingress
