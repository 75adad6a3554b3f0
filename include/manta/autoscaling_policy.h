#pragma once

#include <functional>
#include <map>
#include <string>

#include <manta/args.h>
#include <manta/autoscaling_context.h>

namespace manta {

inline Args AutoscalingContext::state() const { return Args::parse(policy_state.text); }

// `state` of a decision from a described struct or a map.
template <class T>
Json state_of(const T& value) {
  return {value_or_throw(detail::to_json(value))};
}

// What the deployment should have. Factors, delays, limits and bounds of its autoscaling_config are applied to the
// answer afterwards; a deployment without replicas for which a request waits is woken up without asking.
using AutoscalingFunction = std::function<AutoscalingDecision(const AutoscalingContext&)>;
// The same for all deployments of an application that have an autoscaling_config, by name. One that is left out of the
// answer keeps its number, and its state is forgotten.
using ApplicationAutoscalingFunction =
    std::function<std::map<std::string, AutoscalingDecision>(const std::map<std::string, AutoscalingContext>&)>;

// Policies of an application's own (Application::autoscaling_policies, application_autoscaling_policies), named
// "custom:<name>" as autoscaling_config.policy, or as autoscaling_policy of the application, which then decides for all
// of them. They run in a process of their own, on one thread, and never in the controller; asked when the load changes,
// at most every 100 ms, and every second besides. One that throws, ends the process or takes longer than 10 s leaves
// the number as it is; it is asked again later, in a new process if need be. `make` gets policy_kwargs, once for each
// deployment (each application) in a process: what the function it returns remembers is lost with the process, `state`
// is not.
struct CustomAutoscalingPolicy {
  std::string name;
  std::function<AutoscalingFunction(const Args& kwargs)> make;
};
struct CustomApplicationAutoscalingPolicy {
  std::string name;
  std::function<ApplicationAutoscalingFunction(const Args& kwargs)> make;
};

}  // namespace manta
