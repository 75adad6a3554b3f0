#pragma once

#include <string_view>

namespace manta::net {

// Whether a header field given by our own code may be put on the wire: a valid lower-case name, no control characters
// in the value (no answer can be split by a line end in it), and not one of those that belong to the connection.
bool may_send(std::string_view name, std::string_view value);

// Fields that belong to one connection and are not passed on (RFC 9110, 7.6.1).
bool is_hop_by_hop(std::string_view lower_case_name);

// Printable ASCII without spaces: a request target or an authority.
bool is_visible(std::string_view text);

}  // namespace manta::net
