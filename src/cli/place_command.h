#pragma once

#include <string>
#include <vector>

#include "cli/environment.h"

namespace manta::cli {

struct PlaceRequest {
  std::string target;         // FILE.yaml or an import path
  std::string nodes;          // a list of nodes or a YAML file; empty: this machine
  bool max_replicas = false;  // as many as autoscaling may come to, instead of as many as it begins with
  bool pack = false;          // nodes are filled one after the other; also when the environment says so
};

// `place`: describes the applications as a deploy would and shows where their replicas would go, on nodes that need not
// exist. Nothing is started. Exit code 1 when something stays pending or cannot be read.
int place_command(const PlaceRequest& request, const Environment& environment);

struct ClaimRequestLine {
  std::string bundles;  // "0,2"; empty: the first `count` that nobody has claimed
  int count = 1;
  std::vector<std::string> command;  // program and arguments
};

// `claim`: for a process that a replica has started. Claims bundles of the replica's reservation and becomes the
// program, with CUDA_VISIBLE_DEVICES set to their devices. Returns only when that fails: exit code 1.
int claim_command(const ClaimRequestLine& request, const Environment& environment);

}  // namespace manta::cli
