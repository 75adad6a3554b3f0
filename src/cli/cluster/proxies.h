#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <manta/task.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/task_scope.h"
#include "cli/cluster/proxy_plan.h"
#include "cli/proxy_check.h"
#include "runtime/ray/ray_backend.h"
#include "spec/instance_config.h"

namespace manta::cli {

struct ClusterProxyOptions {
  std::string location = "EveryNode";              // EveryNode, HeadOnly, Disabled
  std::string program;                             // Manta's own binary: an absolute path, the same on all nodes
  std::string controller_address;                  // the cluster address
  spec::HttpOptions http;                          // where each of them listens on its node
  std::string metrics_address;                     // there, for scrapes alone; empty: none
  std::map<std::string, std::string> environment;  // the cluster's token
  std::string log_dir;                             // on the node
  ProxyCheckOptions check;
  // For how long a proxy that is to go away says so at /-/healthz, and serves, before it is stopped.
  Duration min_draining = std::chrono::seconds(30);
};

// Keeps a proxy on every node that is to have one. Each is a role that its supervisor restarts in place; proxies live
// on when this ends, and the next controller finds them. A proxy that hangs is replaced under the same listening
// socket; that of a node which leaves the cluster, or has no replicas any more, ends when its requests have.
// Loop-confined.
class ClusterProxies {
 public:
  // Of a node's proxy: STARTING, HEALTHY, UNHEALTHY, DRAINING, DRAINED; empty when the node has none any more. With the
  // reason why it is UNHEALTHY.
  using OnStatus = std::function<void(const std::string& node_id, std::string status, std::string message)>;
  // Ids of the nodes that have replicas; none: not known yet.
  using InUse = std::function<std::optional<std::set<std::string>>()>;

  ClusterProxies(Loop& loop, Logger& logger, Metrics& metrics, runtime::RayBackend& backend,
                 ClusterProxyOptions options, InUse in_use, OnStatus on_status);
  ~ClusterProxies();
  ClusterProxies(const ClusterProxies&) = delete;
  ClusterProxies& operator=(const ClusterProxies&) = delete;

  void begin();
  // Stops all of them; returns when none is left, which takes as long as their requests, `grace_s` at most.
  Task<void> end(double grace_s);

 private:
  struct Proxy {
    std::string address;  // that is checked
    std::unique_ptr<ProxyCheck> check;
    bool is_starting = false;
    int failures = 0;        // to start, in a row
    TimePoint not_before{};  // of the next attempt
    int replacements = 0;
    std::optional<TimePoint> drained_since;
    std::optional<TimePoint> told_to_end;
  };

  void look_after(Duration pause);
  Task<void> look();
  void carry_out(const std::vector<runtime::NodeInfo>& nodes, const std::vector<runtime::RoleInfo>& roles);
  void watch(const runtime::RoleInfo& role);
  void drain(const std::string& node_id);
  std::set<std::string> used_lately(const std::vector<runtime::RoleInfo>& roles);
  void take_back_drains(const ProxyPlan& plan, const std::vector<runtime::RoleInfo>& roles);
  Task<void> start(std::string node_id);
  Task<void> stop(std::string name, double grace_s);
  void on_role_end(const runtime::RoleEnd& end);
  void note_shutdown(const std::string& node_id, Proxy& proxy);
  Task<bool> all_ended();
  runtime::RoleStart role(const std::string& node_id, const Proxy& proxy) const;

  Loop& loop_;
  Logger& logger_;
  Metrics& metrics_;
  runtime::RayBackend& backend_;
  const ClusterProxyOptions options_;
  InUse in_use_;
  OnStatus on_status_;
  std::map<std::string, runtime::NodeInfo> nodes_;  // as last looked at, by id
  std::map<std::string, Proxy> proxies_;            // by node id
  std::map<std::string, TimePoint> last_used_;      // when replicas were last seen there, by node id
  bool ending_ = false;
  TimerId next_ = 0;
  TaskScope tasks_;
};

}  // namespace manta::cli
