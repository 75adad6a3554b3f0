#include "cli/listening_sockets.h"

#include <utility>

#include <unistd.h>

#include "net/address.h"

namespace manta::cli {
namespace {

constexpr int kDefaultMetricsPort = 8080;

Result<void> open_unix(int& slot, const std::string& path) {
  auto fd = net::listen_on({"unix:" + path});
  if (!fd) return std::unexpected(std::move(fd.error()));
  slot = *fd;
  return {};
}

}  // namespace

Result<ListeningSockets> ListeningSockets::open(const InstanceOptions& options, const runtime::InstancePaths& paths) {
  ListeningSockets sockets;
  if (auto opened = sockets.open_ports(options); !opened) return std::unexpected(opened.error());
  if (auto opened = open_unix(sockets.controller, paths.controller_socket()); !opened)
    return std::unexpected(opened.error());
  if (auto opened = open_unix(sockets.agent, paths.agent_socket()); !opened) return std::unexpected(opened.error());
  return sockets;
}

Result<void> ListeningSockets::open_ports(const InstanceOptions& options) {
  const spec::HttpOptions& door = options.config.http_options;
  const bool has_proxy = options.config.proxy_location != "Disabled";
  if (has_proxy) {
    auto opened = keep(http, {.host = door.host,
                              .port = door.port,
                              .is_default = !options.http_port_is_given,
                              .option = "--http-port",
                              .purpose = "the HTTP port"});
    if (!opened) return std::unexpected(opened.error());
    http_address = std::move(*opened);
  }
  auto opened = keep(admin, admin_port_choice(options.admin_port));
  if (!opened) return std::unexpected(opened.error());
  admin_address = std::move(*opened);
  if (!has_proxy || options.metrics_port == 0) return {};
  opened = keep(metrics, {.host = door.host,
                          .port = options.metrics_port.value_or(kDefaultMetricsPort),
                          .is_default = !options.metrics_port,
                          .option = "--metrics-port",
                          .purpose = "the port of /metrics"});
  if (!opened) return std::unexpected(opened.error());
  return {};
}

Result<std::string> ListeningSockets::keep(int& slot, const PortChoice& choice) {
  auto open = open_port(choice);
  if (!open) return std::unexpected(std::move(open.error()));
  slot = open->fd;
  if (!open->notice.empty()) notices.push_back(std::move(open->notice));
  return std::move(open->address);
}

ListeningSockets::ListeningSockets(ListeningSockets&& other) noexcept
    : http(std::exchange(other.http, -1)),
      admin(std::exchange(other.admin, -1)),
      controller(std::exchange(other.controller, -1)),
      agent(std::exchange(other.agent, -1)),
      metrics(std::exchange(other.metrics, -1)),
      http_address(std::move(other.http_address)),
      admin_address(std::move(other.admin_address)),
      notices(std::move(other.notices)) {}

ListeningSockets::~ListeningSockets() {
  for (const int fd : {http, admin, controller, agent, metrics})
    if (fd >= 0) ::close(fd);
}

}  // namespace manta::cli
