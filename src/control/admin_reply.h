#pragma once

#include <string>
#include <string_view>

#include <manta/detail/json.h>
#include <manta/error.h>

#include "net/message.h"
#include "net/wire.h"

namespace manta::control {

net::Response answer(int status, std::string body, std::string_view type = net::wire::kJson);
net::Response error_answer(const Error& error);
net::Response method_not_allowed(std::string_view allowed);

template <class T>
net::Response json_answer(const T& value) {
  auto body = detail::to_json(value);
  return body ? answer(200, std::move(*body)) : error_answer(body.error());
}

// Of a configuration as JSON: changes when it does.
std::string entity_tag(std::string_view json);

// Who asks, for the history and the events: what a client says of itself in x-manta-by, else its user-agent.
std::string who_asks(const net::Request& request);

// Status 412 when the request says by If-Match that it knows another state than `tag`. Without that header anything
// goes.
Result<void> check_if_match(const net::Request& request, const std::string& tag);

}  // namespace manta::control
