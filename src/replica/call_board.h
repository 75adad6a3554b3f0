#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/loop.h"
#include "replica/admission.h"
#include "replica/call_input.h"
#include "replica/call_log.h"
#include "replica/compute.h"
#include "replica/dedicated_threads.h"
#include "replica/method_gates.h"
#include "replica/replica_metrics.h"
#include "replica/replica_options.h"

namespace manta::replica {

class ActiveCall;

// What the calls of one replica share: places, threads, figures. Owned by the replica server; loop-confined.
class CallBoard {
 public:
  CallBoard(Loop& on, Compute& pool, Metrics& metrics, const ReplicaOptions& with);
  ~CallBoard();

  void add(ActiveCall& call);
  void remove(ActiveCall& call);
  void place_freed();
  void set_abandoned(int by);
  void cancel_all(const Error& error);

  Loop& loop;
  Compute& compute;
  const ReplicaOptions& options;
  ReplicaMetrics metrics;
  Admission admission;
  MethodGates gates;
  DedicatedThreads dedicated;
  CallInputs inputs;
  CallLog call_log;
  std::vector<ActiveCall*> calls;  // in no order
  std::int64_t abandoned = 0;
  std::uint64_t completed = 0;
  std::size_t streams = 0;
  std::function<void()> on_place_freed;
};

}  // namespace manta::replica
