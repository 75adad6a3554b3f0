#pragma once

#include <cstddef>
#include <string_view>

namespace manta::net {

// Whether a header field given by our own code may be put on the wire: a valid lower-case name, no control characters
// in the value (no answer can be split by a line end in it), and not one of those that belong to the connection.
bool may_send(std::string_view name, std::string_view value);

// Fields that belong to one connection and are not passed on (RFC 9110, 7.6.1).
bool is_hop_by_hop(std::string_view lower_case_name);

// A name of a header field, of any case, or of a method (RFC 9110, 5.6.2).
bool is_token(std::string_view text);

// Where the first control character is, a tab included, at `from` or after it; text.size() if there is none.
std::size_t find_control(std::string_view text, std::size_t from = 0);

// Printable ASCII without spaces: a request target or an authority.
bool is_visible(std::string_view text);

}  // namespace manta::net
