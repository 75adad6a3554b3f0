#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/environment.h"

namespace manta::cli {

struct SimulateRequest {
  std::string target;                              // FILE.yaml or an import path
  std::string trace;                               // a pattern, or a CSV file
  std::string duration;                            // "10m"; empty: of the trace, 10 minutes of a pattern
  std::string step;                                // between rows; empty: a twentieth of the duration
  std::string nodes;                               // as for `place`; empty: one that is large enough for everything
  std::string price;                               // "2.01/node"
  std::string faults;                              // "crash=10m,restart=30m"
  std::string timeout;                             // of each request; empty: request_timeout_s
  std::vector<std::string> services, start_times;  // "DEPLOYMENT=0.2s"
  std::vector<std::string> updates;                // times at which everything is deployed anew
  double idempotent_share = 0;
  int callers = 1;
  std::uint64_t seed = 1;
  bool pack = false;  // nodes are filled one after the other, and emptied; also when the environment says so
  bool json = false;
};

// `simulate`: describes the applications as a deploy would and runs their control and routing on simulated processes,
// in a time that does not pass. Nothing is started. Exit code 1 when something is wrong with what was given, the
// applications would not get to run, or an invariant did not hold.
int simulate_command(const SimulateRequest& request, const Environment& environment);

}  // namespace manta::cli
