#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <manta/error.h>

#include "runtime/ray/bridge_messages.h"
#include "spec/reservation.h"

namespace manta::runtime {

// Replicas that share one placement group: they come one by one, are reserved together when all have come, and are each
// started in the bundles they brought. A replica with several bundles is a gang of one. Decisions only.
class Gang {
 public:
  enum class State { Gathering, Complete, Reserved, Failed };

  Gang(std::string group, int size) : group_(std::move(group)), size_(size) {}

  // A member that has come before changes nothing. InvalidArgument for one too many, the reason of a gang that failed.
  Result<void> add(const std::string& member, const std::vector<spec::Bundle>& bundles);
  // Of a member that is no longer wanted: before it is reserved the gang fails, for what is left of it cannot be whole.
  void withdraw(const std::string& member);
  void reserved() { state_ = State::Reserved; }
  void fail_all(Error why);

  State state() const { return state_; }
  const Error& why() const { return why_; }
  std::string missing() const;  // "2 of 4 members have come"
  // All bundles in the order of the members' coming, each on its node.
  BridgeCreateGroup group() const;
  // Where a member runs: in the first bundle that it brought.
  BridgeGroupPlace place_of(const std::string& member) const;

 private:
  struct Member {
    int first_bundle = 0;
  };
  const std::string group_;
  const int size_;
  State state_ = State::Gathering;
  Error why_;
  std::map<std::string, Member> members_;
  std::vector<spec::Bundle> bundles_;
};

// The placement group of a process that needs one: of its gang, or its own.
std::string group_name(const std::string& replica_id, const std::string& gang_id);
// Whether a placement group was made by us, and so is ours to remove.
bool is_group_name(const std::string& name);

}  // namespace manta::runtime
