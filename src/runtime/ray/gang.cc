#include "runtime/ray/gang.h"

#include <utility>

#include <fmt/format.h>

#include "runtime/ray/ray_messages.h"

namespace manta::runtime {
namespace {

constexpr std::string_view kOfGang = "gang/", kOfReplica = "bundles/";

}  // namespace

Result<void> Gang::add(const std::string& member, const std::vector<spec::Bundle>& bundles) {
  if (state_ == State::Failed) return std::unexpected(why_);
  if (members_.contains(member)) return {};
  if (state_ != State::Gathering)
    return fail(ErrorCode::InvalidArgument,
                fmt::format("{}: all {} members have come before {}", group_, size_, member));
  members_[member] = {.first_bundle = static_cast<int>(bundles_.size())};
  bundles_.insert(bundles_.end(), bundles.begin(), bundles.end());
  if (static_cast<int>(members_.size()) >= size_) state_ = State::Complete;
  return {};
}

void Gang::withdraw(const std::string& member) {
  if (!members_.contains(member) || state_ == State::Reserved) return;
  fail_all({.code = ErrorCode::Cancelled, .message = fmt::format("{}: {} was stopped before all ran", group_, member)});
}

void Gang::fail_all(Error why) {
  if (state_ == State::Failed) return;
  state_ = State::Failed;
  why_ = std::move(why);
}

std::string Gang::missing() const { return fmt::format("{} of {} members have come", members_.size(), size_); }

BridgeCreateGroup Gang::group() const {
  BridgeCreateGroup group{.name = group_};
  for (const spec::Bundle& bundle : bundles_) {
    group.bundles.push_back(bundle_amounts(bundle.resources));
    group.bundle_node_ids.push_back(bundle.node_id);
  }
  return group;
}

BridgeGroupPlace Gang::place_of(const std::string& member) const {
  return {.name = group_, .bundle = members_.at(member).first_bundle};
}

std::string group_name(const std::string& replica_id, const std::string& gang_id) {
  return gang_id.empty() ? fmt::format("{}{}", kOfReplica, replica_id) : fmt::format("{}{}", kOfGang, gang_id);
}

bool is_group_name(const std::string& name) { return name.starts_with(kOfGang) || name.starts_with(kOfReplica); }

}  // namespace manta::runtime
