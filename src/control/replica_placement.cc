#include "control/replica_placement.h"

#include <string>

#include <fmt/format.h>

namespace manta::control {
namespace {

std::string gpu_list(const std::vector<int>& gpus) {
  std::string text;
  for (const int gpu : gpus) text += (text.empty() ? "" : ",") + std::to_string(gpu);
  return text;
}

// The members that ReplicaSpec, ReplicaLabels, ReplicaView and StartReplica have in common.
template <class To, class From>
void copy_rank(To& to, const From& from) {
  to.rank = from.rank;
  to.world_size = from.world_size;
  to.node_rank = from.node_rank;
  to.local_rank = from.local_rank;
  to.gang_id = from.gang_id;
  to.gang_epoch = from.gang_epoch;
}

}  // namespace

void set_place(ReplicaView& view, const StartReplica& start) {
  view.node_id = start.placement.node_id;
  view.gpus = start.placement.gpus;
  view.bundles = start.placement.bundles;
  copy_rank(view, start);
}

void set_place(ReplicaSpec& spec, const ReplicaView& view) { copy_rank(spec, view); }

void set_place(ReplicaLabels& labels, const ReplicaView& view) {
  labels.gpus = view.gpus;
  labels.bundles = view.bundles;
  copy_rank(labels, view);
}

void set_place(ReplicaView& view, const ReplicaLabels& labels) {
  view.gpus = labels.gpus;
  view.bundles = labels.bundles;
  copy_rank(view, labels);
}

void set_place(runtime::ReplicaProcess& process, const ReplicaView& view) {
  process.node_id = view.node_id;
  process.bundles = view.bundles;
  if (process.bundles.empty())
    process.bundles.push_back({.node_id = view.node_id, .resources = view.resources, .gpus = view.gpus});
  if (!view.gpus.empty()) process.environment["CUDA_VISIBLE_DEVICES"] = gpu_list(view.gpus);
  if (view.gang_id.empty()) return;
  process.gang_id = fmt::format("{}.{}", view.gang_id, view.gang_epoch);
  process.gang_size = view.world_size;
  process.environment["MANTA_GANG_ID"] = view.gang_id;
  process.environment["MANTA_GANG_EPOCH"] = std::to_string(view.gang_epoch);
  process.environment["MANTA_RANK"] = std::to_string(view.rank);
  process.environment["MANTA_WORLD_SIZE"] = std::to_string(view.world_size);
}

}  // namespace manta::control
