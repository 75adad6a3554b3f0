#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include <manta/error.h>
#include <manta/task.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/task_scope.h"
#include "runtime/backend.h"
#include "runtime/ray/gang.h"
#include "runtime/ray/ray_connection.h"
#include "runtime/ray/wakeup.h"

namespace manta::runtime {

struct RayGroupLimits {
  Duration gather = std::chrono::seconds(10);   // from the first member of a gang to the last
  Duration reserve = std::chrono::seconds(30);  // until the cluster has reserved all bundles
};

// The placement groups in which replicas run: made for those who come, removed with the last of them. Loop-confined.
class RayGroups {
 public:
  RayGroups(Loop& loop, Logger& logger, RayConnection& connection, RayGroupLimits limits)
      : loop_(loop), logger_(logger), connection_(connection), limits_(limits), tasks_(loop) {}
  ~RayGroups();

  // Waits until all members have come and Ray has reserved their bundles where the controller has decided. When that
  // cannot be, every member fails. A member counts until release(), however this ends.
  Task<Result<BridgeGroupPlace>> reserve(ReplicaProcess process);
  // A replica that runs in a group was found.
  void adopt(const std::string& group, const std::string& id);
  // The replica is gone, or is no longer wanted. Nothing for one that is in no group.
  void release(const std::string& id);
  // Removes what an earlier controller has left without members.
  Task<void> sweep();
  // When Ray has removed all that nobody needs any more, or after `limit`.
  Task<void> given_back(Duration limit);

 private:
  struct Group {
    Gang gang;
    std::set<std::string> users;
    TimerId gather_limit = 0;
    bool asked_for = false;
    Wakeup changed;
  };
  using GroupPtr = std::shared_ptr<Group>;

  void give_up(const GroupPtr& group, Error why);
  Task<void> make(std::string name, GroupPtr group);
  Task<void> remove(std::string name);

  Loop& loop_;
  Logger& logger_;
  RayConnection& connection_;
  const RayGroupLimits limits_;
  std::map<std::string, GroupPtr> groups_;
  int being_removed_ = 0;
  Wakeup removed_;
  TaskScope tasks_;
};

}  // namespace manta::runtime
