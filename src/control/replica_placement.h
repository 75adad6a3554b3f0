#pragma once

#include "control/reconcile.h"
#include "control/replica_spec.h"
#include "runtime/backend.h"

namespace manta::control {

// What a start says about the place of a replica: where it runs, what it holds, its rank and its gang.
void set_place(ReplicaView& view, const StartReplica& start);

// The same, as the process is told, and as it is found again after a restart of the controller.
void set_place(ReplicaSpec& spec, const ReplicaView& view);
void set_place(ReplicaLabels& labels, const ReplicaView& view);
void set_place(ReplicaView& view, const ReplicaLabels& labels);

// Node, bundles, and the variables for engines that the process may start: CUDA_VISIBLE_DEVICES when it holds GPUs,
// MANTA_GANG_ID, MANTA_GANG_EPOCH, MANTA_RANK and MANTA_WORLD_SIZE in a gang.
void set_place(runtime::ReplicaProcess& process, const ReplicaView& view);

}  // namespace manta::control
