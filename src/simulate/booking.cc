#include "simulate/booking.h"

#include <map>

namespace manta::simulate {
namespace {

constexpr double kRounding = 1e-6;

std::string beyond(const std::string& what, double booked, double there) {
  if (booked <= there + kRounding) return {};
  return what + ": " + std::to_string(booked) + " of " + std::to_string(there) + " booked";
}

}  // namespace

std::string overbooked(const runtime::NodeInfo& node, const std::vector<spec::Bundle>& held) {
  Resources sum{.num_cpus = 0};
  std::map<int, double> devices;
  for (const spec::Bundle& bundle : held) {
    if (bundle.node_id != node.node_id) continue;
    sum.num_cpus += bundle.resources.num_cpus;
    sum.num_gpus += bundle.resources.num_gpus;
    sum.memory += bundle.resources.memory;
    for (const auto& [name, amount] : bundle.resources.resources) sum.resources[name] += amount;
    for (const int device : bundle.gpus) devices[device] += bundle.gpus.size() == 1 ? bundle.resources.num_gpus : 1;
  }
  std::string found = beyond("CPUs", sum.num_cpus, node.total.num_cpus);
  if (found.empty()) found = beyond("GPUs", sum.num_gpus, node.total.num_gpus);
  if (found.empty()) found = beyond("bytes of memory", sum.memory, node.total.memory > 0 ? node.total.memory : 1e300);
  for (const auto& [name, amount] : sum.resources)
    if (const auto there = node.total.resources.find(name); found.empty())
      found = beyond(name, amount, there == node.total.resources.end() ? 0 : there->second);
  for (const auto& [device, share] : devices)
    if (found.empty()) found = beyond("device " + std::to_string(device), share, 1);
  return found;
}

}  // namespace manta::simulate
