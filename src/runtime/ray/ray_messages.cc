#include "runtime/ray/ray_messages.h"

#include <utility>

#include <manta/detail/json.h>

#include "runtime/allocator.h"

namespace manta::runtime {
namespace {

constexpr double kLeastCpu = 0.001;  // of a bundle that needs nothing

// Ray tells which devices a replica has; the controller's count of them is its own.
constexpr const char* kDevicesVariable = "CUDA_VISIBLE_DEVICES";

// Always Manta's own binary: other nodes have no copy of the program, and a replica fetches its artifact and becomes
// it.
std::vector<std::string> argv_of(const ReplicaProcess& process, const ReplicaLaunch& launch) {
  std::vector<std::string> argv{launch.program, "replica"};
  argv.insert(argv.end(), process.arguments.begin(), process.arguments.end());
  argv.insert(argv.end(), {"--listen-fd", "{listen_fd}"});
  return argv;
}

}  // namespace

Result<std::string> hello_text(const HelloFacts& facts) {
  std::map<std::string, Json> hello{{"protocol", Json{std::to_string(kBridgeProtocol)}},
                                    {"epoch", Json{std::to_string(facts.epoch)}}};
  const std::map<std::string, std::string> texts{{"manta", facts.manta},
                                                 {"address", facts.address},
                                                 {"namespace", facts.ray_namespace},
                                                 {"node_ip", facts.node_ip}};
  for (const auto& [name, value] : texts) {
    auto text = detail::to_json(value);
    if (!text) return std::unexpected(std::move(text.error()));
    hello[name] = Json{*std::move(text)};
  }
  return detail::to_json(hello);
}

Error error_of(const BridgeError& error) {
  Error result{.code = error_code(error.code), .message = error.message, .detail = error.reason};
  if (!error.remedy.empty()) result.message += "; " + error.remedy;
  return result;
}

std::vector<spec::Bundle> bundles_of(const ReplicaProcess& process) {
  if (!process.bundles.empty()) return process.bundles;
  return {{.node_id = process.node_id, .resources = process.resources}};
}

bool needs_group(const ReplicaProcess& process) {
  if (!process.gang_id.empty() || process.bundles.size() > 1) return true;
  return process.bundles.size() == 1 &&
         bundle_amounts(process.bundles[0].resources) != bundle_amounts(process.resources);
}

Amounts bundle_amounts(const Resources& resources) {
  Amounts amounts = resources.resources;
  amounts["CPU"] = resources.num_cpus;
  amounts["GPU"] = resources.num_gpus;
  amounts["memory"] = resources.memory;
  std::erase_if(amounts, [](const auto& entry) { return entry.second <= 0; });
  if (amounts.empty()) amounts["CPU"] = kLeastCpu;
  return amounts;
}

Resources amounts_only(Resources resources) {
  resources.accelerator_type.clear();
  resources.label_selector.clear();
  resources.fallback_strategy.clear();
  return resources;
}

BridgeStart start_message(const ReplicaProcess& process, const ReplicaLaunch& launch,
                          const std::optional<BridgeGroupPlace>& group) {
  const bool is_placed = group || !process.node_id.empty();
  BridgeStart start{.id = process.id,
                    .argv = argv_of(process, launch),
                    .environment = process.environment,
                    .resources = is_placed ? amounts_only(process.resources) : process.resources,
                    .group = group,
                    .join = process.bundles.size() > 1,
                    .shared = launch.share_supervisors && !group && process.resources.num_gpus <= 0 &&
                              (is_placed || process.resources.fallback_strategy.empty()),
                    .log_dir = launch.log_dir};
  start.environment.erase(kDevicesVariable);
  for (const auto& [name, value] : launch.environment) start.environment[name] = value;
  std::string& tunables = start.environment[kAllocatorVariable];
  tunables = allocator_tunables(tunables);
  if (!group && !process.node_id.empty()) start.affinity = BridgeAffinity{.node_id = process.node_id};
  const StartNote note{
      .labels = process.labels, .bundles = bundles_of(process), .group = group ? group->name : std::string()};
  start.labels = detail::to_json(note).value_or(process.labels);
  return start;
}

StartNote note_of(const BridgeObserved& observed) {
  auto note = detail::from_json<StartNote>(observed.labels);
  if (!note) return {.labels = observed.labels};
  return *std::move(note);
}

ObservedReplica replica_of(const BridgeObserved& observed) {
  return {.id = observed.id,
          .address = plain_address(observed.address),
          .node_id = observed.node_id,
          .pid = observed.pid,
          .start_time_s = observed.start_time_s,
          .epoch = observed.epoch,
          .labels = note_of(observed).labels};
}

ReplicaExit exit_of(const BridgeReplicaEnded& ended) {
  ReplicaExit exit{.id = ended.id,
                   .pid = ended.pid,
                   .exit_code = ended.exit_code,
                   .signal = ended.signal,
                   .last_output = ended.last_output};
  if (!ended.reason.empty())
    exit.last_output = ended.reason + (exit.last_output.empty() ? "" : "\n") + exit.last_output;
  return exit;
}

std::string plain_address(const std::string& address) {
  constexpr std::string_view kTcp = "tcp:";
  return address.starts_with(kTcp) ? address.substr(kTcp.size()) : address;
}

}  // namespace manta::runtime
