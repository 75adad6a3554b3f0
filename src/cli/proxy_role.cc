#include <cstdio>
#include <memory>

#include <manta/detail/json.h>

#include "base/of_seconds.h"
#include "cli/cluster/security.h"
#include "cli/hosted_replica.h"
#include "cli/instance_options.h"
#include "cli/roles.h"
#include "ingress/proxy_runtime.h"
#include "ingress/proxy_threads.h"
#include "net/address.h"
#include "runtime/local/gpu_use.h"

namespace manta::cli {
namespace {

constexpr const char* kSessionHeaderVariable = "RAY_SERVE_SESSION_ID_HEADER_KEY";  // by Ray Serve's name

// On one machine it is inherited. On a cluster each proxy opens its own: where the port is taken the node has no page
// for scrapes, and serves all the same.
int scrape_socket(const ProxyArguments& arguments) {
  if (arguments.metrics_address.empty()) return arguments.metrics_fd;
  const auto fd = net::listen_on({arguments.metrics_address});
  if (fd) return *fd;
  std::fprintf(stderr, "no port for scrapes: %s\n", fd.error().message.c_str());
  return -1;
}

// On one machine the controller has these figures; on a cluster each node's proxy those of its node.
std::function<std::shared_ptr<void>(Loop&, Metrics&)> gpu_figures(const ProxyArguments& arguments) {
  if (!arguments.agent_socket.empty()) return nullptr;
  return [node = arguments.node_id, gpus = arguments.num_gpus](Loop& loop, Metrics& metrics) {
    auto use = std::make_shared<runtime::GpuUse>(loop, metrics, std::vector<std::string>{"PATH=/usr/bin:/bin"});
    use->begin({.node_id = node, .total = {.num_gpus = static_cast<double>(gpus)}});
    return std::shared_ptr<void>(std::move(use));
  };
}

}  // namespace

int run_proxy_role(const ProxyArguments& arguments, const Environment& environment) {
  auto http = detail::from_json<spec::HttpOptions>(arguments.http_options);
  if (!http) return std::fprintf(stderr, "--http-options: %s\n", http.error().message.c_str()), 2;
  const auto security = cluster_security(environment);
  if (!security) return std::fprintf(stderr, "%s\n", security.error().message.c_str()), 2;
  const int threads = ingress::proxy_threads(http->threads, static_cast<int>(machine_resources().num_cpus));
  ingress::ProxyOptions options{
      .listen_fd = arguments.listen_fd,
      .metrics_fd = scrape_socket(arguments),
      .controller_address = arguments.controller_address,
      .agent_socket = arguments.agent_socket,
      .http = std::move(*http),
      .node_id = arguments.node_id,
      .node_ip = arguments.node_ip,
      .session_header = environment.get(kSessionHeaderVariable).value_or(""),
      .is_head = arguments.is_head,
      .threads = threads,
      .drain_timeout = of_seconds(arguments.drain_s),
      .figures = gpu_figures(arguments),
      .host =
          [variables = environment.map()](const ingress::HostingPlace& place, const spec::ReplicaSet& set,
                                          std::function<void()> on_change) {
            return host_in_proxy(place, set, std::move(on_change), variables);
          },
      .security = *security};
  return ingress::run_proxy(options);
}

}  // namespace manta::cli
