#include "cli/replica_process.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "base/loop_latency.h"

namespace manta::cli {
namespace {

LogOptions log_options(const control::ReplicaSpec& spec, const std::string& deployment, const std::string& id) {
  return {.component = id,
          .component_name = "replica",
          .fields = {{"application", spec.application}, {"deployment", deployment}, {"replica", id}}};
}

// All replicas of a process are made from one graph: build() runs once.
std::function<Result<api::Graph>()> made_once(std::function<Result<api::Graph>()> make) {
  struct Made {
    std::mutex mutex;  // guards graph: constructors run on compute threads
    std::optional<Result<api::Graph>> graph;
  };
  return [make = std::move(make), made = std::make_shared<Made>()] {
    const std::lock_guard lock(made->mutex);
    if (!made->graph) made->graph = make();
    return *made->graph;
  };
}

}  // namespace

struct ReplicaProcess::Member {
  Member(Loop& loop, const control::ReplicaSpec& spec, std::string of_deployment, const std::string& id,
         std::vector<std::string> waits_for, api::ReplicaRuntimeOptions options)
      : deployment(std::move(of_deployment)),
        children(std::move(waits_for)),
        logger(log_options(spec, deployment, id)),
        latency(
            loop, metrics,
            {{"component", "replica"}, {"application", spec.application}, {"deployment", deployment}, {"replica", id}}),
        runtime(loop, metrics, logger, std::move(options)) {}

  const std::string deployment;
  const std::vector<std::string> children;  // members that run before this one starts
  bool started = false;
  Metrics metrics;
  Logger logger;
  LoopLatency latency;
  api::ReplicaRuntime runtime;
};

ReplicaProcess::ReplicaProcess(Loop& loop, const control::ReplicaSpec& spec,
                               const api::ReplicaRuntimeOptions& options) {
  api::ReplicaRuntimeOptions first = options;
  first.shares_loop = !spec.members.empty();
  if (first.shares_loop) first.graph = made_once(options.graph);
  members_.push_back(std::make_unique<Member>(loop, spec, spec.deployment, spec.id, spec.children, first));
  for (auto member = spec.members.rbegin(); member != spec.members.rend(); ++member) {
    api::ReplicaRuntimeOptions its = first;
    its.identity.deployment = member->deployment;
    its.identity.id = member->id;
    its.identity.fingerprint = member->fingerprint;
    its.identity.config = member->config;
    members_.push_back(
        std::make_unique<Member>(loop, spec, member->deployment, member->id, member->children, std::move(its)));
  }
  for (const auto& member : members_) {
    if (member != members_.front()) members_.front()->runtime.share_socket(member->runtime);
    for (const auto& other : members_)
      if (first.shares_loop) member->runtime.add_neighbour(other->runtime);
    member->runtime.on_state([this](const spec::ReplicaState&) { start_ready(); });
  }
}

// Callers first.
ReplicaProcess::~ReplicaProcess() {
  for (auto& member : members_) member.reset();
}

void ReplicaProcess::start(int listen_fd) {
  members_.front()->runtime.listen(listen_fd);
  start_ready();
}

void ReplicaProcess::start_ready() {
  const auto runs = [this](const std::string& deployment) {
    const auto found = std::ranges::find(members_, deployment, [](const auto& member) { return member->deployment; });
    return found == members_.end() || (*found)->runtime.state().state == "RUNNING";
  };
  for (const auto& member : members_)
    if (!member->started && std::ranges::all_of(member->children, runs)) {
      member->started = true;
      member->runtime.start();
    }
}

bool ReplicaProcess::is_starting() const {
  return std::ranges::any_of(members_, [](const auto& member) { return member->runtime.state().state == "STARTING"; });
}

void ReplicaProcess::drain(std::move_only_function<void()> done) {
  on_drained_ = std::move(done);
  drain_next();
}

void ReplicaProcess::drain_next() {
  if (drained_ == members_.size()) return on_drained_();
  members_[drained_++]->runtime.drain([this] { drain_next(); });
}

}  // namespace manta::cli
