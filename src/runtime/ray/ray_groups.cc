#include "runtime/ray/ray_groups.h"

#include <utility>

#include <fmt/format.h>

#include "runtime/ray/ray_messages.h"

namespace manta::runtime {
namespace {

constexpr Duration kUntilDone = Duration::zero();

double seconds_of(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

RayGroups::~RayGroups() {
  for (const auto& [name, group] : groups_) loop_.cancel(group->gather_limit);
}

Task<Result<BridgeGroupPlace>> RayGroups::reserve(ReplicaProcess process) {
  const std::string id = process.id, name = group_name(id, process.gang_id);
  GroupPtr& known = groups_[name];
  if (!known) {
    known = std::make_shared<Group>(Group{.gang = Gang(name, process.gang_id.empty() ? 1 : process.gang_size)});
    const std::weak_ptr<Group> weak = known;
    known->gather_limit = loop_.after(limits_.gather, [this, weak, name] {
      const GroupPtr late = weak.lock();
      if (!late || late->gang.state() != Gang::State::Gathering) return;
      give_up(late,
              {.code = ErrorCode::Unavailable,
               .message = fmt::format("{}: {} within {:g} s", name, late->gang.missing(), seconds_of(limits_.gather))});
    });
  }
  const GroupPtr group = known;
  auto added = group->gang.add(id, bundles_of(process));
  if (!added) co_return std::unexpected(std::move(added.error()));
  group->users.insert(id);
  if (group->gang.state() == Gang::State::Complete && !std::exchange(group->asked_for, true)) {
    loop_.cancel(std::exchange(group->gather_limit, 0));
    tasks_.spawn(make(name, group));
  }
  while (group->gang.state() == Gang::State::Gathering || group->gang.state() == Gang::State::Complete)
    co_await group->changed.wait();
  if (group->gang.state() == Gang::State::Failed) co_return std::unexpected(group->gang.why());
  co_return group->gang.place_of(id);
}

void RayGroups::give_up(const GroupPtr& group, Error why) {
  group->gang.fail_all(std::move(why));
  group->changed.notify();
}

Task<void> RayGroups::make(std::string name, GroupPtr group) {
  auto made = co_await connection_.ask<BridgeName>("create_group", group->gang.group(), kUntilDone);
  if (made && group->gang.state() == Gang::State::Complete)
    made = co_await connection_.ask<BridgeName>(
        "wait_group", BridgeWaitGroup{.name = name, .timeout_s = seconds_of(limits_.reserve)}, kUntilDone);
  if (made && group->gang.state() == Gang::State::Complete) {
    group->gang.reserved();
    group->changed.notify();
    co_return;
  }
  // What was reserved of it is given back at once: a part of a gang is of no use.
  tasks_.spawn(remove(name));
  if (!made) give_up(group, std::move(made.error()));
}

Task<void> RayGroups::remove(std::string name) {
  ++being_removed_;
  auto removed = co_await connection_.ask<void>("remove_group", BridgeName{name}, kUntilDone);
  if (!removed)
    logger_.warn("a placement group cannot be removed", {{"group", name}, {"error", removed.error().message}});
  --being_removed_;
  removed_.notify();
}

Task<void> RayGroups::given_back(Duration limit) {
  bool late = false;
  const Alarm alarm(loop_, loop_.now() + limit, [this, &late] {
    late = true;
    removed_.notify();
  });
  while (being_removed_ > 0 && !late) co_await removed_.wait();
}

void RayGroups::adopt(const std::string& group, const std::string& id) {
  GroupPtr& known = groups_[group];
  if (!known) {
    known = std::make_shared<Group>(Group{.gang = Gang(group, 1), .asked_for = true});
    known->gang.reserved();
  }
  known->users.insert(id);
}

void RayGroups::release(const std::string& id) {
  for (auto entry = groups_.begin(); entry != groups_.end();) {
    const auto [name, group] = *entry;
    if (group->users.erase(id) == 0) {
      ++entry;
      continue;
    }
    group->gang.withdraw(id);
    entry = group->users.empty() ? groups_.erase(entry) : std::next(entry);
    loop_.post([group] { group->changed.notify(); });
    if (!group->users.empty()) continue;
    loop_.cancel(group->gather_limit);
    if (group->asked_for) tasks_.spawn(remove(name));
  }
}

Task<void> RayGroups::sweep() {
  auto listed = co_await connection_.ask<std::vector<BridgeName>>("list_groups", BridgeNoArguments{}, kUntilDone);
  if (!listed) {
    logger_.warn("placement groups cannot be listed", {{"error", listed.error().message}});
    co_return;
  }
  for (const BridgeName& group : *listed) {
    if (!is_group_name(group.name) || groups_.contains(group.name)) continue;
    logger_.info("a placement group without replicas is removed", {{"group", group.name}});
    tasks_.spawn(remove(group.name));
  }
}

}  // namespace manta::runtime
