#pragma once

#include <string_view>

namespace manta::net {

// Now, as the Date header wants it: "Tue, 15 Nov 1994 08:12:31 GMT". Formatted once a second per thread; valid until
// the thread's next call.
std::string_view http_date();

}  // namespace manta::net
