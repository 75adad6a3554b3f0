#pragma once

#include <optional>
#include <string>

#include <CLI/CLI.hpp>

namespace manta::cli {

// Of `manta start`, what concerns an instance on a cluster.
struct ClusterArguments {
  std::string backend = "local";  // ray
  std::string ray_namespace = "manta";
  std::string host;         // where the controller is reached from all nodes; empty: the address that leads to the head
  std::optional<int> port;  // not given: 8267, or the next free one
  bool detach = false;      // also of an instance on one machine, and of `run`: --non-blocking
  bool share_supervisors = false;
  std::string certificate, key, authority;  // files, all three or none
};

void add_cluster_options(CLI::App& command, ClusterArguments& arguments);

}  // namespace manta::cli
