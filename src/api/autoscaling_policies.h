#pragma once

#include <map>
#include <string>
#include <vector>

#include <manta/autoscaling_policy.h>

#include "api/graph.h"
#include "spec/autoscaling_question.h"

namespace manta::api {

// An application's own autoscaling policies as a policy host runs them: made when they are first asked, once for each
// deployment (each application) and set of options, and kept. Thread-confined; a question is answered before the call
// returns, however long the policy takes.
class AutoscalingPolicies {
 public:
  explicit AutoscalingPolicies(const Graph& graph);

  // What the policy throws, an answer that is no number, a state that is no JSON object or too large become `error`.
  spec::PolicyAnswer answer(const spec::PolicyQuestion& question);

 private:
  std::map<std::string, AutoscalingDecision> ask_one(const spec::PolicyQuestion& question);
  std::map<std::string, AutoscalingDecision> ask_all(const spec::PolicyQuestion& question);

  std::vector<CustomAutoscalingPolicy> policies_;
  std::vector<CustomApplicationAutoscalingPolicy> application_policies_;
  std::map<std::string, AutoscalingFunction> made_;  // by policy, deployment and options
  std::map<std::string, ApplicationAutoscalingFunction> application_made_;
};

}  // namespace manta::api
