#include <cstdio>

#include <manta/detail/json.h>

#include "cli/cluster/security.h"
#include "cli/roles.h"
#include "ingress/proxy_runtime.h"

namespace manta::cli {

int run_proxy_role(const ProxyArguments& arguments, const Environment& environment) {
  auto http = detail::from_json<spec::HttpOptions>(arguments.http_options);
  if (!http) return std::fprintf(stderr, "--http-options: %s\n", http.error().message.c_str()), 2;
  const auto security = cluster_security(environment);
  if (!security) return std::fprintf(stderr, "%s\n", security.error().message.c_str()), 2;
  ingress::ProxyOptions options{.listen_fd = arguments.listen_fd,
                                .metrics_fd = arguments.metrics_fd,
                                .controller_address = arguments.controller_address,
                                .agent_socket = arguments.agent_socket,
                                .http = std::move(*http),
                                .node_id = arguments.node_id,
                                .security = *security};
  return ingress::run_proxy(options);
}

}  // namespace manta::cli
