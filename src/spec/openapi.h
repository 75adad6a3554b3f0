#pragma once

#include <string>
#include <string_view>

#include "spec/application_graph.h"

namespace manta::spec {

// The OpenAPI 3.1 document of an application: POST <prefix>/<method> for each typed method of its ingress, the prefix
// itself for a method `call`, and the declared routes. `route_prefix` as in the configuration ("/", "/rag").
std::string openapi(const ApplicationGraph& graph, std::string_view route_prefix);

}  // namespace manta::spec
