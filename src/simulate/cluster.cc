#include "simulate/cluster.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include <manta/detail/json.h>

#include "base/of_seconds.h"
#include "simulate/booking.h"

namespace manta::simulate {
namespace {

constexpr Duration kAgentDelay = std::chrono::milliseconds(1);

control::DeploymentKey key_of(const SimulatedReplica& replica) {
  return {replica.spec().application, replica.spec().deployment};
}

void add(SimulatedReplica::Work& sum, const SimulatedReplica::Work& more) {
  sum.busy_s += more.busy_s;
  sum.ready_s += more.ready_s;
  sum.lived_s += more.lived_s;
}

}  // namespace

Cluster::Cluster(World& world)
    : world_(world),
      random_(world.options.seed ^ 0x9e3779b97f4a7c15),
      nodes_(world.options.nodes),
      accounted_(world.loop.now()),
      failing_share_(world.options.faults.start_share) {}

std::weak_ptr<SimulatedReplica> Cluster::replica(const std::string& id) const {
  const auto found = replicas_.find(id);
  return found == replicas_.end() ? std::weak_ptr<SimulatedReplica>() : found->second;
}

runtime::ObservedReplica Cluster::observed(const SimulatedReplica& replica) const {
  return {.id = replica.process().id,
          .address = replica.process().id,
          .node_id = replica.process().node_id,
          .pid = 0,
          .epoch = replica.process().epoch,
          .labels = replica.process().labels};
}

// It exists before whoever asked for it knows.
Task<Result<runtime::ObservedReplica>> Cluster::start(runtime::ReplicaProcess process) {
  const std::string id = process.id;
  if (!replicas_.contains(id)) {
    auto spec = detail::from_json<control::ReplicaSpec>(process.environment.at(control::kReplicaSpecVariable),
                                                        UnknownKeys::Ignore);
    if (!spec) co_return std::unexpected(std::move(spec.error()));
    const auto known = std::ranges::find(nodes_, process.node_id, &runtime::NodeInfo::node_id);
    if (known == nodes_.end()) co_return fail(ErrorCode::Unavailable, "the node is gone");
    account();
    if (world_.options.mistake == Mistake::LoseBundle && process.bundles.size() > 1) process.bundles.pop_back();
    if (const std::string broken = broken_group(spec->config, process.bundles); !broken.empty())
      world_.findings.add(id + " " + broken);
    const auto replica = std::make_shared<SimulatedReplica>(world_, std::move(process), *std::move(spec));
    observed_[id] = observed(*replica);
    replicas_[id] = replica;
    for (const spec::Bundle& bundle : replica->process().bundles) check_node(bundle.node_id);
    gangs_.started(replica->spec());
    replica->start();
  }
  const runtime::ObservedReplica seen = observed_.at(id);
  auto waiting = pause(world_.loop, kAgentDelay);
  co_await waiting;
  co_return seen;
}

void Cluster::check_node(const std::string& node_id) {
  std::vector<spec::Bundle> held;
  for (const auto& [id, replica] : replicas_) {
    const std::vector<spec::Bundle>& bundles = replica->process().bundles;
    held.insert(held.end(), bundles.begin(), bundles.end());
    if (world_.options.mistake == Mistake::BookTwice) held.insert(held.end(), bundles.begin(), bundles.end());
  }
  const auto node = std::ranges::find(nodes_, node_id, &runtime::NodeInfo::node_id);
  if (node == nodes_.end()) return;
  if (const std::string too_much = overbooked(*node, held); !too_much.empty())
    world_.findings.add("node " + node_id + " is overbooked, " + too_much);
}

Task<Result<void>> Cluster::stop(std::string id, double grace_s) {
  stopped_.insert(id);
  if (world_.options.mistake == Mistake::StopTooMany) stop_another(id);
  if (on_stop_) on_stop_(id);
  auto waiting = pause(world_.loop, kAgentDelay);
  co_await waiting;
  const auto replica = this->replica(id).lock();
  if (!replica || stops_wrongly(*replica)) co_return Result<void>();
  world_.loop.after(of_seconds(grace_s), [this, id] { kill(id); });
  replica->drain();
  co_return Result<void>();
}

// Mistakes with the first member of a gang.
bool Cluster::stops_wrongly(const SimulatedReplica& replica) {
  if (replica.spec().gang_id.empty() || replica.spec().rank != 0) return false;
  if (world_.options.mistake == Mistake::EndEarly) tell_exit({.id = replica.process().id, .exit_code = 0});
  return world_.options.mistake == Mistake::KeepMember || world_.options.mistake == Mistake::EndEarly;
}

void Cluster::tell_exit(runtime::ReplicaExit exit) {
  world_.network.send(to_controller_, [this, exit = std::move(exit)] {
    if (on_exit_) on_exit_(exit);
  });
}

void Cluster::stop_another(const std::string& id) {
  const auto replica = this->replica(id).lock();
  for (const auto& [other_id, other] : replicas_) {
    if (!replica || key_of(*other) != key_of(*replica) || stopped_.contains(other_id)) continue;
    if (other->phase() != SimulatedReplica::Phase::Running) continue;
    stopped_.insert(other_id);
    world_.loop.post([other] { other->drain(); });
    return;
  }
}

Task<Result<std::vector<runtime::ObservedReplica>>> Cluster::list() {
  std::vector<runtime::ObservedReplica> all;
  for (const auto& [id, replica] : replicas_) all.push_back(observed_.at(id));
  auto waiting = pause(world_.loop, kAgentDelay);
  co_await waiting;
  co_return all;
}

Task<Result<std::vector<runtime::NodeInfo>>> Cluster::nodes() {
  auto waiting = pause(world_.loop, kAgentDelay);
  co_await waiting;
  co_return nodes_;
}

void Cluster::forget_controller() {
  on_exit_ = nullptr;
  on_nodes_changed_ = nullptr;
  to_controller_ = {};
}

void Cluster::gone(const SimulatedReplica& replica) {
  account();
  const std::string id = replica.process().id;
  add(ended_work_[key_of(replica)], replica.work());
  const bool was_killed = killed_.erase(id) > 0;
  stopped_.erase(id);
  replicas_.erase(id);
  observed_.erase(id);
  gangs_.ended(replica.spec());
  tell_exit({.id = id, .exit_code = was_killed ? -1 : 0, .signal = was_killed ? SIGKILL : 0});
}

void Cluster::kill(const std::string& id) {
  const auto replica = this->replica(id).lock();
  if (!replica) return;
  killed_.insert(id);
  replica->end();
}

void Cluster::kill_all() {
  while (!replicas_.empty()) kill(std::string(replicas_.begin()->first));
}

void Cluster::take_node_away(std::size_t which) {
  const runtime::NodeInfo node = nodes_[which];
  nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(which));
  away_.push_back(node);
  std::vector<std::string> lost;
  for (const auto& [id, replica] : replicas_)
    if (std::ranges::find(replica->process().bundles, node.node_id, &spec::Bundle::node_id) !=
        replica->process().bundles.end())
      lost.push_back(id);
  for (const std::string& id : lost) kill(id);
  if (on_nodes_changed_) on_nodes_changed_();
}

void Cluster::give_nodes_back() {
  nodes_.insert(nodes_.end(), away_.begin(), away_.end());
  away_.clear();
  if (on_nodes_changed_) on_nodes_changed_();
}

bool Cluster::start_fails() { return failing_share_ > 0 && unit(random_) < failing_share_; }

std::size_t Cluster::nodes_in_use() const {
  std::set<std::string> used;
  for (const auto& [id, replica] : replicas_)
    for (const spec::Bundle& bundle : replica->process().bundles) used.insert(bundle.node_id);
  return used.size();
}

Cluster::Use Cluster::use() const {
  const std::chrono::duration<double> since = world_.loop.now() - accounted_;
  return {.replica_s = use_.replica_s + since.count() * static_cast<double>(replicas_.size()),
          .node_s = use_.node_s + since.count() * static_cast<double>(nodes_in_use())};
}

void Cluster::account() {
  use_ = use();
  accounted_ = world_.loop.now();
}

SimulatedReplica::Work Cluster::work(const control::DeploymentKey& key) const {
  const auto ended = ended_work_.find(key);
  SimulatedReplica::Work sum = ended == ended_work_.end() ? SimulatedReplica::Work{} : ended->second;
  for (const auto& [id, replica] : replicas_)
    if (key_of(*replica) == key) add(sum, replica->work());
  return sum;
}

}  // namespace manta::simulate
