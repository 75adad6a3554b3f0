#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "control/policy_host.h"

namespace manta::cli {

// Where the processes of policy hosts come from, and go to.
struct PolicyHostOptions {
  std::vector<std::string> environment;                          // of every one, before the application's own
  std::function<std::string(const std::string& name)> log_path;  // of what they write
};

// Starts `manta policy-host` (or the application's own executable) as a child that ends with the calling thread, joined
// with this process by a socket pair of their own. What it writes goes to a log file.
Result<std::unique_ptr<control::PolicyProcess>> start_policy_host(Loop& loop, const PolicyHostOptions& options,
                                                                  const control::PolicyHostSpec& spec,
                                                                  std::function<void(std::string)> ended);

}  // namespace manta::cli
