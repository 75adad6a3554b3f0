#include <cstdio>

#include <manta/detail/json.h>

#include "cli/roles.h"
#include "ingress/proxy_runtime.h"

namespace manta::cli {

int run_proxy_role(const ProxyArguments& arguments) {
  auto http = detail::from_json<spec::HttpOptions>(arguments.http_options);
  if (!http) return std::fprintf(stderr, "--http-options: %s\n", http.error().message.c_str()), 2;
  ingress::ProxyOptions options{.listen_fd = arguments.listen_fd,
                                .metrics_fd = arguments.metrics_fd,
                                .controller_address = arguments.controller_address,
                                .agent_socket = arguments.agent_socket,
                                .http = std::move(*http),
                                .node_id = arguments.node_id};
  return ingress::run_proxy(options);
}

}  // namespace manta::cli
