#pragma once

#include <functional>
#include <map>
#include <memory>

#include "base/loop.h"
#include "replica/admission.h"
#include "spec/slot_notice.h"

namespace manta::replica {

// What a replica tells a caller of its own process. Called on the loop, never from inside a method of the replica.
struct DirectEvents {
  std::function<void(bool running)> running;
  std::function<void(const spec::SlotNotice& notice)> notice;
};

// The callers of one replica that share its process and loop, beside those that have connections. Loop-confined.
class DirectCallers {
 public:
  explicit DirectCallers(Loop& loop) : loop_(loop) {}

  ConnectionId add(DirectEvents events);
  void remove(ConnectionId caller) { callers_.erase(caller); }
  // False: it is none of them.
  bool tell(ConnectionId caller, const spec::SlotNotice& notice);
  void tell_all(const spec::SlotNotice& notice);
  void tell_running(bool running);

 private:
  void later(const std::shared_ptr<DirectEvents>& to, std::move_only_function<void(DirectEvents&)> what);

  Loop& loop_;
  ConnectionId next_ = ConnectionId{1} << 62;  // apart from those of connections
  std::map<ConnectionId, std::shared_ptr<DirectEvents>> callers_;
};

}  // namespace manta::replica
