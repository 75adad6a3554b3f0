#pragma once

#include <algorithm>

namespace manta::ingress {

// How many loops a proxy has. `wanted` is http_options.threads, 0 = by the cores of its machine: most of them are left
// to the replicas.
constexpr int proxy_threads(int wanted, int cores) { return wanted > 0 ? wanted : std::clamp(cores / 4, 1, 8); }

}  // namespace manta::ingress
