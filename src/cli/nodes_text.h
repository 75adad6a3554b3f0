#pragma once

#include <string>

#include "control/node_report.h"

namespace manta::cli {

// `manta nodes`: what is used of everything, in the layout of `ray status`, what waits and why, and a table of nodes.
std::string nodes_text(const control::NodesReport& report);

// The part `nodes:` of `manta status`: state and replicas by node. Empty with fewer than two nodes, where the status is
// Ray Serve's to the letter.
std::string nodes_status_yaml(const control::NodesReport& report);

}  // namespace manta::cli
