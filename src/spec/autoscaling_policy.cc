#include "spec/autoscaling_policy.h"

#include <algorithm>

namespace manta::spec {
namespace {

constexpr std::string_view kDefaultPaths[] = {"default",
                                              "default_autoscaling_policy",
                                              "ray.serve.autoscaling_policy:default_autoscaling_policy",
                                              "ray.serve.autoscaling_policy.default_autoscaling_policy",
                                              "ray.serve.autoscaling_policy:replica_queue_length_autoscaling_policy",
                                              "ray.serve.autoscaling_policy.replica_queue_length_autoscaling_policy"};

}  // namespace

Result<std::string_view> autoscaling_policy_named(const std::string& name) {
  if (std::ranges::find(kDefaultPaths, name) != std::end(kDefaultPaths)) return "default";
  const std::string python = name.find(':') == std::string::npos
                                 ? ""
                                 : "; it looks like the path of a Python function, and Manta runs no Python";
  return fail(ErrorCode::InvalidArgument, "there is no autoscaling policy '" + name + "'; there is: default" + python);
}

}  // namespace manta::spec
