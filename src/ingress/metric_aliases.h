#pragma once

#include <string>

namespace manta::ingress {

// Adds to a Prometheus exposition the other names under which dashboards of Ray Serve look for its figures: counters
// also as <name>_total, and the older names of the most used ones (ray_serve_num_requests_total, ...). Pure; for
// scrapes only.
std::string with_aliases(std::string exposition);

}  // namespace manta::ingress
