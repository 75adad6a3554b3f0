// RayBackend: the life of replicas.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "runtime/ray/ray_backend.h"
#include "runtime/ray/ray_start.h"

namespace manta::runtime {
namespace {

constexpr Duration kUntilAnswered = Duration::zero();
constexpr Duration kAskAgain = std::chrono::milliseconds(500);
constexpr Duration kInFigures = std::chrono::seconds(2);  // until Ray's figures show a start or an end for sure
constexpr std::size_t kEndsRemembered = 1000;
constexpr std::size_t kEarlyEnds = 16;

std::unexpected<Error> stopped_early(const std::string& id) {
  return fail(ErrorCode::Cancelled, fmt::format("replica {} was stopped before it ran", id), "withdrawn");
}

}  // namespace

Task<Result<ObservedReplica>> RayBackend::start(ReplicaProcess process) {
  const std::string id = process.id;
  if (starting_.contains(id)) co_return fail(ErrorCode::Unavailable, fmt::format("replica {} is being started", id));
  OpenStart open(*this, process);
  std::optional<BridgeGroupPlace> place;
  if (needs_group(process) && !running_.contains(id)) {
    auto reserved = co_await groups_.reserve(process);
    if (!reserved) co_return std::unexpected(std::move(reserved.error()));
    place = *std::move(reserved);
  }
  if (open.stopped) co_return stopped_early(id);
  open.asked = true;
  auto observed = co_await ask_start(start_message(process, options_.launch, place));
  open.asked = false;
  if (!observed) co_return std::unexpected(std::move(observed.error()));
  if (open.stopped) {
    withdraw(id);
    co_return stopped_early(id);
  }
  co_return keep_started(open, *observed);
}

// A bridge that has just taken over may not yet know of a start that its predecessor has begun.
Task<Result<BridgeObserved>> RayBackend::ask_start(BridgeStart message) {
  for (;;) {
    auto observed = co_await connection_.ask<BridgeObserved>("start", message, kUntilAnswered);
    if (observed || observed.error().detail != "start_elsewhere") co_return observed;
    co_await pause_for(loop_, kAskAgain);
  }
}

ObservedReplica RayBackend::keep_started(OpenStart& open, const BridgeObserved& observed) {
  open.succeeded = true;
  keep_running(observed);
  for (BridgeReplicaEnded& ended : open.early_ends)
    if (ended.incarnation == observed.incarnation) tell_end_later(std::move(ended));
  return replica_of(observed);
}

void RayBackend::keep_running(const BridgeObserved& observed) {
  StartNote note = note_of(observed);
  if (!note.bundles.empty() && note.bundles[0].node_id.empty()) note.bundles[0].node_id = observed.node_id;
  if (!note.group.empty()) groups_.adopt(note.group, observed.id);
  const auto [entry, is_new] = running_.try_emplace(observed.id);
  if (is_new || entry->second.incarnation != observed.incarnation) entry->second.since = loop_.now();
  entry->second.incarnation = observed.incarnation;
  entry->second.pid = observed.pid;
  entry->second.bundles = std::move(note.bundles);
}

Task<Result<void>> RayBackend::stop(std::string id, double grace_s) {
  if (const auto open = starting_.find(id); open != starting_.end()) {
    open->second->stopped = true;
    if (!open->second->asked) groups_.release(id);
  }
  co_return co_await connection_.ask<void>("stop", BridgeStop{.id = id, .grace_s = grace_s}, options_.call_limit);
}

void RayBackend::withdraw(const std::string& id) { tasks_.spawn(stop_quietly(id)); }

Task<void> RayBackend::stop_quietly(std::string id) {
  auto stopped = co_await connection_.ask<void>("stop", BridgeStop{.id = id, .grace_s = 0}, kUntilAnswered);
  if (!stopped) logger_.warn("a start cannot be withdrawn", {{"replica", id}, {"error", stopped.error().message}});
}

Task<Result<std::vector<ObservedReplica>>> RayBackend::list() {
  auto listed = co_await connection_.ask<std::vector<BridgeObserved>>("list", BridgeNoArguments{}, options_.call_limit);
  if (!listed) co_return std::unexpected(std::move(listed.error()));
  const bool known = co_await adopted();
  if (!known) co_return fail(ErrorCode::Unavailable, "what runs in the Ray cluster is not known yet");
  std::vector<ObservedReplica> replicas;
  for (const BridgeObserved& observed : *listed)
    if (observed.state == "running" && !has_ended(observed.incarnation)) replicas.push_back(replica_of(observed));
  co_return replicas;
}

// It may come before the answer to the start, and once more for a life that somebody else has asked for.
void RayBackend::on_replica_ended(BridgeReplicaEnded ended) {
  if (const auto open = starting_.find(ended.id); open != starting_.end()) {
    if (open->second->early_ends.size() < kEarlyEnds) open->second->early_ends.push_back(std::move(ended));
    return;
  }
  const auto known = running_.find(ended.id);
  const bool is_other = known != running_.end() && known->second.incarnation != ended.incarnation;
  if (!is_other && !has_ended(ended.incarnation)) tell_end(ended);
}

void RayBackend::tell_end(const BridgeReplicaEnded& ended) {
  ended_.push_back(ended.incarnation);
  if (ended_.size() > kEndsRemembered) ended_.pop_front();
  if (const auto known = running_.find(ended.id); known != running_.end()) {
    leaving_.push_back({.bundles = std::move(known->second.bundles), .until = loop_.now() + kInFigures});
    running_.erase(known);
  }
  groups_.release(ended.id);
  if (on_exit_) on_exit_(exit_of(ended));
}

void RayBackend::tell_end_later(BridgeReplicaEnded ended) {
  loop_.post([this, weak = std::weak_ptr(alive_), ended = std::move(ended)]() mutable {
    if (!weak.expired()) on_replica_ended(std::move(ended));
  });
}

bool RayBackend::has_ended(const std::string& incarnation) const {
  return std::ranges::find(ended_, incarnation) != ended_.end();
}

std::vector<HeldShare> RayBackend::held() const {
  std::vector<HeldShare> shares;
  const auto add = [&shares](const std::vector<spec::Bundle>& bundles, bool is_settled) {
    for (const spec::Bundle& bundle : bundles)
      shares.push_back({.node_id = bundle.node_id, .amounts = bundle.resources, .is_settled = is_settled});
  };
  for (const auto& [id, running] : running_) add(running.bundles, loop_.now() - running.since >= kInFigures);
  for (const auto& [id, open] : starting_) add(open->bundles, false);
  for (const Leaving& leaving : leaving_)
    if (leaving.until > loop_.now()) add(leaving.bundles, false);
  return shares;
}

}  // namespace manta::runtime
