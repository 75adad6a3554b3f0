// NodeAgent: what replicas hold of this node, and the processes that they start.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

#include <manta/detail/json.h>

#include "runtime/local/agent.h"
#include "runtime/local/orphans.h"

namespace manta::runtime {
namespace {

std::string random_token() {
  std::array<std::uint64_t, 2> bits{};
  if (::getrandom(bits.data(), sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) bits = {};
  return fmt::format("{:016x}{:016x}", bits[0], bits[1]);
}

}  // namespace

NodeInfo NodeAgent::node() const {
  return {.node_id = options_.node_id,
          .total = options_.total,
          .labels = options_.labels,
          .accelerator_type = options_.accelerator_type,
          .is_head = true};
}

std::string NodeAgent::hold_bundles(const ReplicaProcess& process) {
  const spec::PlacementGroupNote note{.replica = process.id,
                                      .agent_socket = options_.paths.agent_socket(),
                                      .token = random_token(),
                                      .bundles = process.bundles};
  ledger_.hold(process.id, note.token, process.bundles);
  return detail::to_json(note).value_or("{}");
}

void NodeAgent::release(const std::string& id) {
  ledger_.release(id);
  if (cpu_sets_) cpu_sets_->give_back(id);
  if (memory_groups_) memory_groups_->remove(id);
}

void NodeAgent::begin_limits() {
  cpu_sets_.emplace(allowed_cpus());
  MemoryGroups groups("/sys/fs/cgroup", own_cgroup());
  if (groups.available())
    memory_groups_ = std::move(groups);
  else
    logger_.warn("memory of replicas is accounted but not limited", {{"reason", groups.why()}});
}

Result<ProcessLimits> NodeAgent::limits_for(const ReplicaProcess& process) {
  ProcessLimits limits;
  if (cpu_sets_) {
    limits.cpus = cpu_sets_->take(process.id, process.resources.num_cpus);
    limits.threads = std::max(1, static_cast<int>(process.resources.num_cpus));
  }
  if (!memory_groups_ || process.resources.memory <= 0) return limits;
  auto group = memory_groups_->make(process.id, process.resources.memory);
  if (!group) return std::unexpected(std::move(group.error()));
  limits.cgroup = *std::move(group);
  return limits;
}

Result<ClaimAnswer> NodeAgent::claim(const ClaimRequest& request) {
  auto answer = ledger_.claim(request, [](int pid) { return process_birth(pid); });
  if (answer)
    logger_.info("bundles claimed",
                 {{"replica", answer->replica}, {"pid", request.pid}, {"count", answer->bundles.size()}});
  else
    logger_.warn("claim refused", {{"pid", request.pid}, {"error", answer.error().message}});
  return answer;
}

}  // namespace manta::runtime
