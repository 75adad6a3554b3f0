#include "simulate/control_plane.h"

#include <unistd.h>

#include <cstdlib>
#include <limits>
#include <utility>

#include "base/of_seconds.h"
#include "simulate/caller.h"
#include "simulate/cluster.h"
#include "simulate/gang_watch.h"
#include "simulate/ready_floor.h"
#include "simulate/replica_watch.h"

namespace manta::simulate {
namespace {

constexpr Duration kResend = std::chrono::milliseconds(200);  // a subscriber that lost its stream has a new one by then
constexpr std::uint64_t kForgotten = 8;                       // snapshots that come at all, with ForgetReplica

std::filesystem::path new_folder() {
  std::string name = (std::filesystem::temp_directory_path() / "manta-simulate-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw std::filesystem::filesystem_error("mkdtemp", name, std::make_error_code(std::errc::io_error));
  return name;
}

}  // namespace

ControlPlane::ControlPlane(World& world)
    : world_(world), folder_(new_folder()), artifacts_((folder_ / "artifacts").string()), tasks_(world.loop) {
  world_.plane = this;
  world_.cluster->on_stop([this](const std::string& id) { check_stop(id); });
}

ControlPlane::~ControlPlane() {
  end();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void ControlPlane::begin() {
  store_ = std::move(*control::StateStore::open((folder_ / "state.db").string()));
  control::Describe describe = [this](control::ArtifactRef artifact, std::string, std::map<std::string, std::string>) {
    return this->describe(artifact.function);
  };
  controller_ = std::make_unique<control::Controller>(
      control::ControllerParts{.loop = world_.loop,
                               .logger = world_.logger,
                               .metrics = world_.metrics,
                               .backend = *world_.cluster,
                               .store = *store_,
                               .artifacts = artifacts_,
                               .describe = std::move(describe),
                               .link =
                                   [this](const std::string& address, control::ReplicaLink::OnState on_state) {
                                     return std::make_unique<ReplicaWatch>(world_, address, std::move(on_state));
                                   }},
      control::ControllerOptions{.packing = world_.options.packing, .seed = world_.options.seed * 1000 + ++starts_});
  latest_.reset();
  for (auto& [id, subscriber] : subscribers_) {
    subscriber.pipe = std::make_shared<Network::Pipe>();
    subscriber.told.reset();
  }
  controller_->snapshots().on_publish([this] { publish(); });
  controller_->begin();
  controller_->when_loaded([this] { deploy_if_behind(); });
}

void ControlPlane::end() {
  world_.cluster->forget_controller();
  tasks_.cancel_all();
  controller_.reset();
  store_.reset();
}

void ControlPlane::crash() {
  if (!controller_) return;
  end();
  for (auto& [id, subscriber] : subscribers_) subscriber.caller->controller_lost();
  world_.loop.after(of_seconds(world_.options.faults.restart_takes_s), [this] { begin(); });
}

void ControlPlane::deploy_anew() {
  ++wanted_;
  if (controller_) controller_->when_loaded([this] { deploy_if_behind(); });
}

void ControlPlane::deploy_if_behind() {
  if (controller_ && deploys() && tasks_.size() == 0) tasks_.spawn(deploy());
}

Task<void> ControlPlane::deploy() {
  while (deploys()) {
    const int generation = wanted_;
    auto deploying = controller_->deploy(config());
    const Result<void> deployed = co_await deploying;
    refusal_ = deployed ? "" : deployed.error().message;
    deployed_ = generation;
  }
}

// Import paths only name the application here: what stands there is not looked at.
spec::InstanceConfig ControlPlane::config() const {
  spec::InstanceConfig config;
  for (std::size_t i = 0; i < world_.options.applications.size(); ++i) {
    config.applications.push_back(world_.options.applications[i].config);
    config.applications.back().import_path = "builtin:simulated" + std::to_string(i);
    config.applications.back().placement = "separate";  // a simulated process is one replica
    config.applications.back().together.clear();
  }
  return config;
}

Task<Result<std::vector<spec::ApplicationGraph>>> ControlPlane::describe(std::string name) const {
  const std::size_t index = std::strtoul(name.substr(name.find_first_of("0123456789")).c_str(), nullptr, 10);
  std::vector<spec::ApplicationGraph> graphs = world_.options.applications[index].graphs;
  for (spec::ApplicationGraph& graph : graphs)
    for (spec::NodeSpec& node : graph.nodes) node.fingerprint += "@" + std::to_string(wanted_);
  co_return graphs;
}

void ControlPlane::publish() {
  spec::RoutingSnapshot snapshot = *controller_->snapshots().latest();
  if (world_.options.mistake == Mistake::RouteToPart)
    for (spec::Shared<spec::ReplicaSet>& set : snapshot.deployments)
      if (!set->replicas.empty()) set.edit().replicas.pop_back();
  latest_ = std::make_shared<const spec::RoutingSnapshot>(std::move(snapshot));
  if (const std::string torn = torn_gang(*latest_, *controller_); !torn.empty()) world_.findings.add(torn);
  for (const auto& [id, subscriber] : subscribers_) send(id);
}

// As the controller's publisher makes it.
spec::RoutingChange ControlPlane::next_item(const Subscriber& to) const {
  spec::SnapshotPosition begin;
  return to.told ? spec::change_between(*to.told, *latest_)
                 : spec::next_part(*latest_, begin, std::numeric_limits<std::size_t>::max());
}

void ControlPlane::send(std::uint64_t subscriber) {
  const auto to = subscribers_.find(subscriber);
  if (to == subscribers_.end() || !latest_ || to->second.told == latest_) return;
  if (world_.options.mistake == Mistake::ForgetReplica && latest_->stamp.version > kForgotten) return;
  if (world_.network.lose()) {
    to->second.told.reset();
    world_.loop.after(kResend, [this, subscriber] { send(subscriber); });
    return;
  }
  const auto item = std::make_shared<const spec::RoutingChange>(next_item(to->second));
  to->second.told = latest_;
  world_.network.send(*to->second.pipe, [this, subscriber, pipe = to->second.pipe, item] {
    const auto still = subscribers_.find(subscriber);
    if (still != subscribers_.end() && still->second.pipe == pipe) still->second.caller->take(*item);
  });
}

void ControlPlane::subscribe(Caller& caller) {
  subscribers_[caller.id()] = {.caller = &caller, .pipe = std::make_shared<Network::Pipe>(), .told = nullptr};
  send(caller.id());
}

void ControlPlane::unsubscribe(const Caller& caller) {
  subscribers_.erase(caller.id());
  if (controller_) controller_->caller_gone(caller.id());
}

bool ControlPlane::take_load(std::uint64_t caller, const spec::LoadReport& report) {
  return controller_ && subscribers_.contains(caller) && controller_->take_load(caller, report).has_value();
}

void ControlPlane::check_stop(const std::string& replica_id) {
  if (!controller_) return;
  const std::string found = too_few_left(*controller_, *world_.cluster, replica_id);
  if (!found.empty()) world_.findings.add(found);
}

}  // namespace manta::simulate
