#pragma once

#include <optional>
#include <string>

#include <boost/describe/class.hpp>

#include <manta/tensor.h>

namespace manta::control {

// The policy that decides for a deployment.
struct PolicyUse {
  std::string name = "default";  // as configured: "custom:mine"
  Json kwargs{"{}"};
  bool of_application = false;  // it decides for all deployments of the application
  bool is_asked = false;        // it is the application's own, and runs in a policy host
  bool operator==(const PolicyUse&) const = default;
};
BOOST_DESCRIBE_STRUCT(PolicyUse, (), (name, kwargs, of_application, is_asked))

// What a policy that is asked gets back with each question; kept by the state store.
struct PolicyMemory {
  PolicyUse of;                                                    // another policy, or other options, begin anew
  Json state{"{}"};                                                // as it returned it last
  std::optional<double> last_scale_up_time, last_scale_down_time;  // Unix time
  bool operator==(const PolicyMemory&) const = default;
};
BOOST_DESCRIBE_STRUCT(PolicyMemory, (), (of, state, last_scale_up_time, last_scale_down_time))

}  // namespace manta::control
