#include "runtime/fake/fake_backend.h"

#include <algorithm>
#include <csignal>
#include <utility>

namespace manta::runtime {

Task<Result<ObservedReplica>> FakeBackend::start(ReplicaProcess process) {
  if (fail_starts > 0) {
    --fail_starts;
    co_return fail(ErrorCode::Unavailable, "cannot execute the replica: No such file or directory");
  }
  if (const auto known = observed_.find(process.id); known != observed_.end()) co_return known->second;
  if (!process.node_id.empty() && !knows(process.node_id)) {
    co_await waiting_[process.id].wait();
    waiting_.erase(process.id);
    co_return fail(ErrorCode::Cancelled, "stopped before it ran");
  }
  const std::string address = address_of ? address_of(process) : "unix:/fake/" + process.id;
  const std::string first = nodes_known.empty() ? "node" : nodes_known.front().node_id;
  const std::string node_id = process.node_id.empty() ? first : process.node_id;
  ObservedReplica observed{.id = process.id,
                           .address = address,
                           .node_id = node_id,
                           .pid = next_pid_++,
                           .start_time_s = 0,
                           .epoch = process.epoch,
                           .labels = process.labels};
  observed_[process.id] = observed;
  const std::string id = process.id;
  running_[id] = std::move(process);
  co_return observed;
}

Task<Result<void>> FakeBackend::stop(std::string id, double) {
  if (const auto waiting = waiting_.find(id); waiting != waiting_.end()) waiting->second.notify();
  if (running_.contains(id)) {
    stopped_.push_back(id);
    if (exits_when_stopped) end(id, {.id = id, .exit_code = 0});
  }
  co_return Result<void>();
}

Task<Result<std::vector<ObservedReplica>>> FakeBackend::list() {
  std::vector<ObservedReplica> all;
  for (const auto& [id, observed] : observed_) all.push_back(observed);
  co_return all;
}

Task<Result<std::vector<NodeInfo>>> FakeBackend::nodes() { co_return nodes_known; }

bool FakeBackend::knows(const std::string& node_id) const {
  return std::ranges::find(nodes_known, node_id, &NodeInfo::node_id) != nodes_known.end();
}

void FakeBackend::set_nodes(std::vector<NodeInfo> nodes) {
  nodes_known = std::move(nodes);
  std::vector<std::string> lost;
  for (const auto& [id, observed] : observed_)
    if (!knows(observed.node_id)) lost.push_back(id);
  for (const std::string& id : lost) kill(id, "the node is gone");
  loop_.post([this] {
    if (on_nodes_changed_) on_nodes_changed_();
  });
}

void FakeBackend::kill(const std::string& id, std::string last_output) {
  end(id, {.id = id, .exit_code = -1, .signal = SIGKILL, .last_output = std::move(last_output)});
}

void FakeBackend::end(const std::string& id, ReplicaExit exit) {
  exit.id = id;  // which may be the key that goes
  if (running_.erase(exit.id) == 0) return;
  exit.pid = observed_.at(exit.id).pid;
  observed_.erase(exit.id);
  loop_.post([this, exit = std::move(exit)] {
    if (on_exit_) on_exit_(exit);
  });
}

}  // namespace manta::runtime
