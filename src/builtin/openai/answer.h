#pragma once

#include <string>
#include <string_view>

#include <manta/detail/json.h>
#include <manta/http.h>

#include "builtin/openai/replies.h"

namespace manta::builtin::openai {

// OpenAI's error body and the status for `error`. The field at fault (`param`) comes from error.detail:
// "$.messages[0].role" is "messages[0].role".
HttpResponse error_response(const Error& error);
std::string error_json(const Error& error);

inline std::unexpected<Error> unknown_model(std::string_view model, std::string_view known) {
  return std::unexpected(
      Error{.code = ErrorCode::NotFound,
            .message = "the model '" + std::string(model) + "' does not exist here; known: " + std::string(known),
            .detail = "model"});
}

// One server-sent event.
inline std::string event(std::string_view data) { return "data: " + std::string(data) + "\n\n"; }

template <class T>
std::string json_event(const T& value) {
  return event(value_or_throw(detail::to_json(value)));
}

// "chatcmpl-" and 24 random characters.
std::string new_id(std::string_view prefix);

}  // namespace manta::builtin::openai
