#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "ingress/hosted_deployment.h"
#include "net/peer_security.h"
#include "spec/instance_config.h"

namespace manta::ingress {

struct ProxyOptions {
  int listen_fd = -1;   // the public port, listening; inherited, so that the next proxy takes over what waits
  int metrics_fd = -1;  // a port for scrapes alone, listening; -1: none
  std::string controller_address;  // "unix:/path", "10.0.0.1:8267"
  std::string agent_socket;        // of the node agent, asked for its metrics; empty: not asked
  spec::HttpOptions http;
  std::string node_id = "local";
  std::string node_ip = "127.0.0.1";
  std::string session_header;                         // another one than x-session-id; empty: that
  bool is_head = true;                                // healthy without replicas; false on further nodes
  int threads = 1;                                    // loops, each on a thread; a connection stays on one
  bool access_log = true;                             // one line per request on standard error
  Duration drain_timeout = std::chrono::seconds(30);  // SIGTERM: longest time for open requests, then they are cut
  LogOptions log{.component = "proxy"};
  // Further figures on the pages of metrics: called before the first loop runs, what it returns ends before that loop.
  std::function<std::shared_ptr<void>(Loop&, Metrics&)> figures;
  // Makes what this proxy runs of deployments itself, and starts it; called on the loop of `place`. Null: nothing.
  std::function<std::unique_ptr<HostedDeployment>(const HostingPlace& place, const spec::ReplicaSet& set,
                                                  std::function<void()> on_change)>
      host;
  net::PeerSecurityPtr security;  // of connections to controller and replicas over TCP
};

// The proxy role: serves until SIGTERM or SIGINT, then takes no new connection, finishes what is open and returns; a
// second signal ends it at once. Returns the exit code. Call before the process has other threads.
int run_proxy(const ProxyOptions& options);

}  // namespace manta::ingress
