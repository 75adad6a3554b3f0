#include "runtime/ray/ray_backend.h"

#include <algorithm>
#include <utility>

#include "base/of_seconds.h"
#include "runtime/ray/ray_start.h"
#include "runtime/ray/restart_comparison.h"

namespace manta::runtime {
namespace {

constexpr Duration kCompareAgain = std::chrono::seconds(1);
constexpr int kMostUnanswered = 2;                         // looks at the nodes in a row, each with the limit of a call
constexpr Duration kToldByThen = std::chrono::seconds(2);  // ends that happened while no bridge watched

}  // namespace

RayBackend::RayBackend(Loop& loop, Logger& logger, RayOptions options)
    : loop_(loop),
      logger_(logger),
      options_(std::move(options)),
      connection_(loop, logger,
                  {.argv = options_.bridge_argv,
                   .environment = options_.bridge_environment,
                   .hello = hello_text(options_.hello).value_or("{}"),
                   .log_path = options_.bridge_log},
                  {.on_ready = [this](bool) { tasks_.spawn(compare()); },
                   .on_event = [this](const std::string& name, const std::string& data) { on_event(name, data); },
                   .on_superseded = [this] { later_controller(); }}),
      groups_(loop, logger, connection_, options_.groups),
      tasks_(loop) {
  look_later();
}

RayBackend::~RayBackend() { loop_.cancel(look_timer_); }

void RayBackend::on_superseded(std::function<void()> callback) {
  on_superseded_ = std::move(callback);
  if (superseded_) later_controller();
}

void RayBackend::later_controller() {
  superseded_ = true;
  loop_.post([this, weak = std::weak_ptr(alive_)] {
    if (!weak.expired() && on_superseded_) on_superseded_();
  });
}

template <class Event>
void RayBackend::take(const std::string& name, const std::string& data, void (RayBackend::*handle)(Event)) {
  auto event = detail::from_json<Event>(data, UnknownKeys::Ignore);
  if (event) return (this->*handle)(*std::move(event));
  logger_.error("an event of the bridge to Ray cannot be read", {{"event", name}, {"error", event.error().message}});
}

void RayBackend::on_event(const std::string& name, const std::string& data) {
  if (name == "replica_ended") return take(name, data, &RayBackend::on_replica_ended);
  if (name == "role_ended") return take(name, data, &RayBackend::on_role_ended);
  if (name == "placement_group_lost") return take(name, data, &RayBackend::on_group_lost);
  if (name == "superseded") return take(name, data, &RayBackend::on_later_controller);
  if (!name.starts_with("node_")) return logger_.debug("an event of the bridge to Ray means nothing here");
  logger_.info("nodes of the Ray cluster have changed", {{"event", name}});
  take(name, data, &RayBackend::on_node_change);
}

void RayBackend::on_node_change(BridgeNodeChange change) {
  if (!change.reason.empty())
    logger_.warn("a node of the Ray cluster is lost",
                 {{"node", change.node_id}, {"address", change.address}, {"reason", change.reason}});
  nodes_changed();
}

void RayBackend::on_group_lost(BridgeGroupLost lost) {
  logger_.warn("a placement group is not whole any more", {{"group", lost.name}, {"state", lost.state}});
}

void RayBackend::on_role_ended(RoleEnd end) {
  if (on_role_end_) on_role_end_(std::move(end));
}

void RayBackend::on_later_controller(BridgeSuperseded later) {
  logger_.error("a later controller has taken over", {{"epoch", later.latest_epoch}});
  connection_.end_obedience();
}

void RayBackend::nodes_changed() {
  if (on_nodes_changed_) on_nodes_changed_();
}

// What becomes known while the list is on its way is newer than the list.
Task<void> RayBackend::compare() {
  std::map<std::string, std::string> before;
  std::set<std::string> in_motion;
  for (const auto& [id, running] : running_) before[id] = running.incarnation;
  for (const auto& [id, open] : starting_) in_motion.insert(id);
  auto listed = co_await connection_.ask<std::vector<BridgeObserved>>("list", BridgeNoArguments{}, options_.call_limit);
  if (!listed) {
    logger_.warn("what runs in the Ray cluster cannot be listed", {{"error", listed.error().message}});
    co_await pause_for(loop_, kCompareAgain);
    if (connection_.is_ready()) tasks_.spawn(compare());
    co_return;
  }
  for (const auto& [id, open] : starting_) in_motion.insert(id);
  for (const auto& [id, running] : running_)
    if (!before.contains(id)) in_motion.insert(id);
  std::erase_if(*listed, [this](const BridgeObserved& observed) { return has_ended(observed.incarnation); });
  const bool first = !std::exchange(adopted_, true);
  const RestartComparison found = compare_after_restart(before, in_motion, *listed, first);
  for (const BridgeObserved& observed : found.running) keep_running(observed);
  for (const std::string& id : found.unwanted) {
    logger_.info("a replica that nobody asked for is stopped", {{"replica", id}});
    withdraw(id);
  }
  std::vector<std::pair<std::string, std::string>> ended;
  for (const std::string& id : found.ended) ended.emplace_back(id, before[id]);
  if (!ended.empty()) tasks_.spawn(tell_missed_ends(std::move(ended)));
  adoption_.notify();
  if (!first) nodes_changed();
  co_await groups_.sweep();
}

// The bridge tells of ends again until they were heard, with all that is known of them: only what it does not know of
// any more is told without.
Task<void> RayBackend::tell_missed_ends(std::vector<std::pair<std::string, std::string>> ended) {
  co_await pause_for(loop_, kToldByThen);
  for (const auto& [id, incarnation] : ended) {
    const auto known = running_.find(id);
    if (known == running_.end() || known->second.incarnation != incarnation || starting_.contains(id)) continue;
    const BridgeReplicaEnded end{.id = id,
                                 .incarnation = incarnation,
                                 .pid = known->second.pid,
                                 .reason = "it ended while no bridge to Ray watched"};
    tell_end(end);
  }
}

Task<bool> RayBackend::adopted() {
  const TimePoint until = loop_.now() + options_.call_limit;
  const Alarm alarm(loop_, until, [this] { adoption_.notify(); });
  while (!adopted_ && loop_.now() < until) co_await adoption_.wait();
  co_return adopted_;
}

Task<Result<std::vector<NodeInfo>>> RayBackend::nodes() {
  const bool known = co_await adopted();
  auto nodes = co_await connection_.ask<std::vector<BridgeNode>>("nodes", BridgeNoArguments{}, options_.call_limit);
  if (!nodes) co_return std::unexpected(std::move(nodes.error()));
  if (!known) co_return fail(ErrorCode::Unavailable, "what runs in the Ray cluster is not known yet");
  std::vector<NodeInfo> infos = totals_.of(*nodes, held());
  std::erase_if(leaving_, [this](const Leaving& leaving) { return leaving.until <= loop_.now(); });
  if (seen_nodes_.empty()) seen_nodes_ = detail::to_json(infos).value_or("");
  co_return infos;
}

void RayBackend::look_later() {
  look_timer_ = loop_.after(options_.look_every, [this] { tasks_.spawn(look()); });
}

// Others take and give back, and Ray tells of no such change.
Task<void> RayBackend::look() {
  if (connection_.is_ready() && adopted_) {
    const auto nodes_now = co_await nodes();
    if (nodes_now) {
      const std::string before = std::exchange(seen_nodes_, detail::to_json(*nodes_now).value_or(""));
      if (before != seen_nodes_) nodes_changed();
    }
    unanswered_ = !nodes_now && nodes_now.error().code == ErrorCode::DeadlineExceeded ? unanswered_ + 1 : 0;
    if (unanswered_ == kMostUnanswered) connection_.replace_bridge("it does not answer");
  }
  look_later();
}

Task<Result<RoleInfo>> RayBackend::start_role(RoleStart role) {
  const Duration limit = options_.call_limit + of_seconds(role.grace_s);  // of the one that it replaces
  auto info = co_await connection_.ask<RoleInfo>("start_role", std::move(role), limit);
  if (info) info->address = plain_address(info->address);
  co_return info;
}

Task<Result<void>> RayBackend::stop_role(std::string name, double grace_s) {
  co_return co_await connection_.ask<void>("stop_role", RoleStop{.name = name, .grace_s = grace_s},
                                           options_.call_limit);
}

Task<Result<std::vector<RoleInfo>>> RayBackend::list_roles() {
  auto roles = co_await connection_.ask<std::vector<RoleInfo>>("list_roles", BridgeNoArguments{}, options_.call_limit);
  if (!roles) co_return roles;
  for (RoleInfo& role : *roles) role.address = plain_address(role.address);
  co_return roles;
}

Task<Result<void>> RayBackend::demand(std::vector<Amounts> bundles) {
  co_return co_await connection_.ask<void>("demand", BridgeDemand{std::move(bundles)}, options_.call_limit);
}

Task<Result<std::vector<PendingPlacement>>> RayBackend::pending() {
  co_return co_await connection_.ask<std::vector<PendingPlacement>>("pending", BridgeNoArguments{},
                                                                    options_.call_limit);
}

}  // namespace manta::runtime
