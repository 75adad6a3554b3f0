#pragma once

#include <string_view>

namespace manta::ingress {

// The page `<prefix>/docs`: shows to a person what /openapi.json beside it says, and sends requests. The same for every
// application; it loads nothing from elsewhere.
std::string_view docs_page();

}  // namespace manta::ingress
