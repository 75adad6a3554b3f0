// Controller: policies of the applications' own, which run in policy hosts.
#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "base/unix_time.h"
#include "control/controller.h"
#include "spec/autoscaling_policy.h"

namespace manta::control {
namespace {

// What a policy remembers is on disk so soon after its answer.
constexpr Duration kSavePause = std::chrono::seconds(1);

DeploymentKey subject_of(const DeploymentKey& key, const PolicyUse& use) {
  return use.of_application ? DeploymentKey{key.application, ""} : key;
}

PolicyHostSpec host_of(const ApplicationRecord& record) {
  return {.application = record.name,
          .artifact = record.artifact,
          .graph_index = record.graph_index,
          .args = record.config.args,
          .environment = record.config.env_vars};
}

}  // namespace

PolicyUse Controller::policy_of(const Application& application, const AutoscalingConfig& config) {
  if (const auto& policy = application.record->config.autoscaling_policy)
    return {.name = policy->policy_function, .kwargs = policy->policy_kwargs, .of_application = true, .is_asked = true};
  return {.name = config.policy,
          .kwargs = config.policy_kwargs,
          .of_application = false,
          .is_asked = !spec::custom_autoscaling_name(config.policy).empty()};
}

// A deployment that serves by its fallback is decided for by the code of that.
void Controller::follow_policies(const std::vector<DeploymentKey>& followed) {
  if (!scaling_.asker)
    scaling_.asker = std::make_unique<PolicyAsker>(parts_.loop, parts_.logger, parts_.start_policy_host);
  std::map<DeploymentKey, AskedPolicy> wanted;
  for (const DeploymentKey& key : followed) {
    const Application& application = applications_.at(key.application);
    Deployment& deployment = *deployment_of(key);
    const PolicyUse use = policy_of(application, *node_in_force(deployment).config.autoscaling_config);
    if (!use.is_asked) {
      deployment.scaling.problem.clear();
      continue;
    }
    const ApplicationRecord& record =
        use.of_application ? *application.record : record_in_force(deployment, application);
    wanted.try_emplace(subject_of(key, use), AskedPolicy{.host = host_of(record), .use = use});
    if (const auto known = scaling_.memories.find(key);
        known != scaling_.memories.end() && scaling_.autoscaler.memory(key) == PolicyMemory{.of = use})
      scaling_.autoscaler.restore(key, known->second);
  }
  scaling_.asker->follow(wanted);
  const auto is_gone = [this](const auto& entry) { return !scaling_.autoscaler.follows(entry.first); };
  if (std::ranges::any_of(scaling_.memories, is_gone)) save_policy_memories();
}

void Controller::ask_policies() {
  if (!scaling_.asker) return;
  for (const DeploymentKey& subject : scaling_.asker->due())
    scaling_.asker->ask(
        subject,
        [this, subject, use = scaling_.asker->use_of(subject)] {  // which may no longer be followed by then
          spec::PolicyQuestion question = policy_question(subject);
          question.policy = spec::custom_autoscaling_name(use.name);
          question.kwargs = use.kwargs;
          question.of_application = use.of_application;
          return question;
        },
        [this, subject](const Result<spec::PolicyAnswer>& answer) { policy_answered(subject, answer); });
}

// The deployments that the policy decides for.
std::set<DeploymentKey> Controller::asked_for(const DeploymentKey& subject) const {
  std::set<DeploymentKey> keys;
  for (const DeploymentKey& key : scaling_.autoscaler.followed())
    if (key == subject || (subject.deployment.empty() && key.application == subject.application)) keys.insert(key);
  return keys;
}

// What is known of them; the policy is added by who asks.
spec::PolicyQuestion Controller::policy_question(const DeploymentKey& subject) {
  spec::PolicyQuestion question;
  const std::set<DeploymentKey> keys = asked_for(subject);
  auto running = running_replicas(keys);
  for (const DeploymentKey& key : keys) {
    const Deployment* deployment = deployment_of(key);
    if (deployment == nullptr) continue;
    note_loads(key, running[key]);
    question.contexts[key.deployment] = scaling_.autoscaler.context(key, running[key], deployment->target.num_replicas,
                                                                    {.at = parts_.loop.now(), .unix_s = unix_time_s()});
  }
  return question;
}

void Controller::policy_answered(const DeploymentKey& subject, const Result<spec::PolicyAnswer>& answer) {
  if (stopping_all_) return;
  const Autoscaler::Moment now{.at = parts_.loop.now(), .unix_s = unix_time_s()};
  const std::set<DeploymentKey> keys = asked_for(subject);
  auto running = running_replicas(keys);
  bool changed = false;
  for (const DeploymentKey& key : keys) {
    Deployment* deployment = deployment_of(key);
    if (deployment == nullptr) continue;
    const int target = deployment->target.num_replicas;
    std::string problem;
    if (answer) {
      const auto found = answer->decisions.find(key.deployment);
      const auto decision = found == answer->decisions.end() ? std::nullopt : std::optional(found->second);
      changed = carry_out(*deployment, scaling_.autoscaler.answered(key, running[key], target, now, decision,
                                                                    answer->execution_ms)) ||
                changed;
    } else {
      scaling_.autoscaler.failed(key, target, now, answer.error().message);
      problem = fmt::format("The autoscaling policy '{}' {}. The number of replicas stays.",
                            scaling_.asker->use_of(subject).name, answer.error().message);
      parts_.logger.warn(
          "autoscaling policy failed",
          {{"application", key.application}, {"deployment", key.deployment}, {"error", answer.error().message}});
    }
    changed = changed || problem != deployment->scaling.problem;
    deployment->scaling.problem = std::move(problem);
  }
  if (scaling_.save_timer == 0) scaling_.save_timer = parts_.loop.after(kSavePause, [this] { save_policy_memories(); });
  if (changed) request_turn();
  arm_look();
}

void Controller::read_policy_memories() {
  auto stored = parts_.store.policy_memories();
  if (stored)
    scaling_.memories = std::move(*stored);
  else
    parts_.logger.error("what autoscaling policies remember cannot be read", {{"error", stored.error().message}});
}

// All that has changed, in one transaction.
void Controller::save_policy_memories() {
  parts_.loop.cancel(std::exchange(scaling_.save_timer, 0));
  if (!scaling_.follows) return;  // what an earlier controller stored is not known to be out of date
  std::map<DeploymentKey, PolicyMemory> now;
  for (const DeploymentKey& key : scaling_.autoscaler.followed())
    if (const PolicyMemory& memory = scaling_.autoscaler.memory(key); memory.of.is_asked) now[key] = memory;
  if (now == scaling_.memories) return;
  if (const auto stored = parts_.store.set_policy_memories(now); !stored)
    parts_.logger.error("what autoscaling policies remember cannot be stored", {{"error", stored.error().message}});
  else
    scaling_.memories = std::move(now);
}

}  // namespace manta::control
