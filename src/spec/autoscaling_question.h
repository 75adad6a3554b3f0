#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include <boost/describe/class.hpp>

#include <manta/autoscaling_context.h>

namespace manta::spec {

// What the controller asks a policy host: POST, JSON, by the one connection between them; one question at a time.
inline constexpr std::string_view kPolicyPath = "/-/policy";
inline constexpr std::size_t kMostPolicyState = std::size_t{64} << 10;  // bytes of the state of one deployment

struct PolicyQuestion {
  std::string policy;  // without "custom:"
  Json kwargs{"{}"};
  bool of_application = false;                         // decides for all of `contexts`; else there is one
  std::map<std::string, AutoscalingContext> contexts;  // by deployment
};
BOOST_DESCRIBE_STRUCT(PolicyQuestion, (), (policy, kwargs, of_application, contexts))

struct PolicyAnswer {
  std::map<std::string, AutoscalingDecision> decisions;  // by deployment
  std::string error;                                     // why there are none: what the policy threw
  double execution_ms = 0;
};
BOOST_DESCRIBE_STRUCT(PolicyAnswer, (), (decisions, error, execution_ms))

}  // namespace manta::spec
