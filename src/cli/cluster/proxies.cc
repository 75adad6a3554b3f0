#include "cli/cluster/proxies.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "cli/port_choice.h"
#include "runtime/allocator.h"
#include "runtime/ray/wakeup.h"

namespace manta::cli {
namespace {

constexpr Duration kProxiesEvery = std::chrono::seconds(2);
constexpr Duration kUsedLately = std::chrono::seconds(5);
constexpr Duration kEndedEvery = std::chrono::milliseconds(100);
constexpr Duration kFirstPause = std::chrono::seconds(2), kLongestPause = std::chrono::seconds(60);
constexpr double kDrainS = 30;        // of a proxy that is stopped or replaced
constexpr double kLeaveS = 6 * 3600;  // of one whose node leaves, which the cluster ends when it wants

Duration pause_after(int failures) {
  Duration pause = kFirstPause;
  for (int i = 1; i < failures && pause < kLongestPause; ++i) pause *= 2;
  return std::min(pause, kLongestPause);
}

constexpr const char* kDoesNotAnswer = "it does not answer the health checks and is replaced";

std::set<std::string> nodes_of(const std::vector<runtime::RoleInfo>& roles) {
  std::set<std::string> nodes;
  for (const runtime::RoleInfo& role : roles) nodes.insert(role.node_id);
  return nodes;
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address.starts_with("[::1]") || address.starts_with("localhost:");
}

}  // namespace

ClusterProxies::ClusterProxies(Loop& loop, Logger& logger, Metrics& metrics, runtime::RayBackend& backend,
                               ClusterProxyOptions options, InUse in_use, OnStatus on_status)
    : loop_(loop),
      logger_(logger),
      metrics_(metrics),
      backend_(backend),
      options_(std::move(options)),
      in_use_(std::move(in_use)),
      on_status_(std::move(on_status)),
      tasks_(loop) {}

ClusterProxies::~ClusterProxies() { loop_.cancel(next_); }

void ClusterProxies::begin() {
  backend_.on_role_end([this](const runtime::RoleEnd& end) { on_role_end(end); });
  tasks_.spawn(look());
}

void ClusterProxies::look_after(Duration pause) {
  loop_.cancel(next_);
  next_ = loop_.after(pause, [this] { tasks_.spawn(look()); });
}

Task<void> ClusterProxies::look() {
  const auto nodes = co_await backend_.nodes();
  const auto roles =
      nodes ? co_await backend_.list_roles() : Result<std::vector<runtime::RoleInfo>>(std::unexpected(nodes.error()));
  if (ending_) co_return;
  if (roles)
    carry_out(*nodes, *roles);
  else
    logger_.warn("proxies are not known", {{"error", roles.error().message}});
  look_after(kProxiesEvery);
}

void ClusterProxies::carry_out(const std::vector<runtime::NodeInfo>& nodes,
                               const std::vector<runtime::RoleInfo>& roles) {
  nodes_.clear();
  for (const runtime::NodeInfo& node : nodes) nodes_[node.node_id] = node;
  std::erase_if(proxies_, [&](const auto& entry) {
    const bool is_gone = !nodes_.contains(entry.first) && !entry.second.is_starting;
    if (is_gone) on_status_(entry.first, "", "");
    return is_gone;
  });
  const ProxyPlan plan = plan_proxies(options_.location, nodes, roles, used_lately(roles));
  take_back_drains(plan, roles);
  for (const std::string& name : plan.stop) tasks_.spawn(stop(name, kDrainS));
  for (const std::string& node_id : plan.drain) drain(node_id);
  for (const std::string& node_id : plan.start) {
    Proxy& proxy = proxies_[node_id];
    proxy.check.reset();
    proxy.drained_since.reset();
    if (!proxy.is_starting && proxy.not_before <= loop_.now()) tasks_.spawn(start(node_id));
  }
  for (const runtime::RoleInfo& role : roles)
    if (nodes_.contains(role.node_id) && role.name == proxy_role_name(role.node_id) &&
        !proxies_[role.node_id].drained_since)
      watch(role);
}

// A node whose replicas are being replaced is not given up at once. Before it is known which have any, those with a
// proxy count as such.
std::set<std::string> ClusterProxies::used_lately(const std::vector<runtime::RoleInfo>& roles) {
  for (const std::string& node_id : in_use_().value_or(nodes_of(roles))) last_used_[node_id] = loop_.now();
  std::set<std::string> nodes;
  std::erase_if(last_used_, [&](const auto& entry) { return loop_.now() - entry.second > kUsedLately; });
  for (const auto& [node_id, when] : last_used_) nodes.insert(node_id);
  return nodes;
}

// Whoever sends requests there needs the time to see that it goes away. Afterwards it takes no new connection and ends
// with its last request; Ray's own limit for the node is above all of it.
void ClusterProxies::drain(const std::string& node_id) {
  Proxy& proxy = proxies_[node_id];
  if (!proxy.drained_since) {
    proxy.drained_since = loop_.now();
    proxy.check.reset();
    on_status_(node_id, "DRAINING", "");
    logger_.info(nodes_[node_id].is_leaving ? "the node of a proxy leaves" : "the node of a proxy has no replicas",
                 {{"node", node_id}});
  }
  if (loop_.now() - *proxy.drained_since < options_.min_draining) return;
  // Asked again it changes nothing.
  tasks_.spawn(stop(proxy_role_name(node_id), nodes_[node_id].is_leaving ? kLeaveS : kDrainS));
}

// Of those that are not stopped yet, where there are replicas again.
void ClusterProxies::take_back_drains(const ProxyPlan& plan, const std::vector<runtime::RoleInfo>& roles) {
  for (const runtime::RoleInfo& role : roles) {
    const auto proxy = proxies_.find(role.node_id);
    if (proxy == proxies_.end() || role.name != proxy_role_name(role.node_id) || role.state == "stopping") continue;
    if (proxy->second.drained_since && std::ranges::find(plan.drain, role.node_id) == plan.drain.end())
      proxy->second.drained_since.reset();
  }
}

// The door of a node that listens on its loopback alone cannot be asked from here.
void ClusterProxies::watch(const runtime::RoleInfo& role) {
  Proxy& proxy = proxies_[role.node_id];
  if (role.address.empty() || (proxy.check && proxy.address == role.address)) return;
  proxy.address = role.address;
  if (is_loopback(role.address) && !nodes_[role.node_id].is_head)
    return on_status_(role.node_id, role.state == "running" ? "HEALTHY" : "STARTING", "");
  proxy.check = std::make_unique<ProxyCheck>(
      loop_, role.address, options_.check,
      ProxyCheck::Events{
          .status = [this, node = role.node_id](
                        std::string status) { on_status_(node, status, status == "UNHEALTHY" ? kDoesNotAnswer : ""); },
          .hung =
              [this, node = role.node_id] {
                if (proxies_[node].is_starting) return;
                ++proxies_[node].replacements;
                tasks_.spawn(start(node));
              }});
  proxy.check->begin();
}

runtime::RoleStart ClusterProxies::role(const std::string& node_id, const Proxy& proxy) const {
  const auto known = nodes_.find(node_id);
  const runtime::NodeInfo node = known == nodes_.end() ? runtime::NodeInfo{.node_id = node_id} : known->second;
  runtime::RoleStart role{
      .name = proxy_role_name(node_id),
      .node_id = node_id,
      .argv = {options_.program, "proxy", "--node-id", node_id, "--listen-fd", "{listen_fd}", "--controller-address",
               options_.controller_address, "--http-options", detail::to_json(options_.http).value_or("{}"),
               "--node-ip", node.address, "--is-head", node.is_head ? "true" : "false", "--num-gpus",
               fmt::format("{:.0f}", node.machine.value_or(node.total).num_gpus), "--drain-s",
               fmt::format("{:.0f}", kLeaveS)},
      .environment = options_.environment,
      .listen_address = host_and_port(options_.http.host, options_.http.port),
      .backoff = {},
      .log_dir = options_.log_dir,
      .grace_s = kDrainS};
  if (!options_.metrics_address.empty())
    role.argv.insert(role.argv.end(), {"--metrics-address", options_.metrics_address});
  role.environment[runtime::kAllocatorVariable] = runtime::allocator_tunables("");
  if (proxy.replacements == 0) return role;
  role.environment["MANTA_PROXY_REPLACEMENT"] = std::to_string(proxy.replacements);  // another one: it is replaced
  role.grace_s = 0;
  return role;
}

// Also of one that exists and is to be replaced.
Task<void> ClusterProxies::start(std::string node_id) {
  Proxy& proxy = proxies_[node_id];  // stays while it is starting
  proxy.is_starting = true;
  if (proxy.failures == 0) on_status_(node_id, "STARTING", "");
  const auto started = co_await backend_.start_role(role(node_id, proxy));
  proxy.is_starting = false;
  if (started) {
    proxy.failures = 0;
    logger_.info("proxy started", {{"node", node_id}, {"address", started->address}});
    co_return look_after(Duration(0));
  }
  proxy.not_before = loop_.now() + pause_after(++proxy.failures);
  on_status_(node_id, "UNHEALTHY", started.error().message);
  logger_.error("the proxy cannot be started", {{"node", node_id}, {"error", started.error().message}});
}

Task<void> ClusterProxies::stop(std::string name, double grace_s) {
  for (auto& [node_id, proxy] : proxies_)
    if (name == proxy_role_name(node_id) && !proxy.told_to_end) proxy.told_to_end = loop_.now();
  const auto stopped = co_await backend_.stop_role(name, grace_s);
  if (!stopped) logger_.warn("the proxy is not stopped", {{"role", name}, {"error", stopped.error().message}});
}

void ClusterProxies::on_role_end(const runtime::RoleEnd& end) {
  if (ending_) return;
  logger_.warn("a proxy ended", {{"node", end.node_id},
                                 {"exit_code", end.exit_code},
                                 {"signal", end.signal},
                                 {"last_output", end.last_output},
                                 {"reason", end.reason}});
  const auto proxy = proxies_.find(end.node_id);
  if (proxy != proxies_.end()) note_shutdown(end.node_id, proxy->second);
  if (!end.final) return;
  if (proxy != proxies_.end() && proxy->second.drained_since) {
    const auto node = nodes_.find(end.node_id);
    const bool leaves = node == nodes_.end() || node->second.is_leaving;
    on_status_(end.node_id, leaves ? "DRAINED" : "", "");
    if (!leaves) proxies_.erase(proxy);
  }
  look_after(Duration(0));
}

void ClusterProxies::note_shutdown(const std::string& node_id, Proxy& proxy) {
  const auto since = std::exchange(proxy.told_to_end, std::nullopt);
  if (!since) return;
  const auto node = nodes_.find(node_id);
  metrics_
      .histogram("proxy_shutdown_duration_ms", "From the order to a proxy to end until its process had.",
                 {{"node_id", node_id}, {"node_ip_address", node == nodes_.end() ? "" : node->second.address}})
      .observe(std::chrono::duration<double, std::milli>(loop_.now() - *since).count());
}

Task<bool> ClusterProxies::all_ended() {
  const auto roles = co_await backend_.list_roles();
  co_return roles.has_value() && plan_proxies("Disabled", {}, *roles, {}).stop.empty();
}

Task<void> ClusterProxies::end(double grace_s) {
  ending_ = true;
  loop_.cancel(next_);
  for (auto& [node_id, proxy] : proxies_) proxy.check.reset();
  const auto roles = co_await backend_.list_roles();
  if (!roles) co_return logger_.warn("proxies are not known", {{"error", roles.error().message}});
  for (const std::string& name : plan_proxies("Disabled", {}, *roles, {}).stop) {
    const auto stopped = co_await backend_.stop_role(name, grace_s);
    if (!stopped) logger_.warn("the proxy is not stopped", {{"role", name}, {"error", stopped.error().message}});
  }
  const TimePoint limit =
      loop_.now() + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(grace_s + 10));
  bool ended = co_await all_ended();
  while (!ended && loop_.now() < limit) {
    co_await runtime::pause_for(loop_, kEndedEvery);
    ended = co_await all_ended();
  }
}

}  // namespace manta::cli
