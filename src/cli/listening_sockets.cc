#include "cli/listening_sockets.h"

#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "net/address.h"

namespace manta::cli {
namespace {

std::string tcp_text(const std::string& host, int port) {
  const std::string name = host == "localhost" ? "127.0.0.1" : host;
  return name.find(':') == std::string::npos ? fmt::format("{}:{}", name, port) : fmt::format("[{}]:{}", name, port);
}

Result<int> open_tcp(const std::string& host, int port, std::string_view option, std::string& bound) {
  const net::Address address{tcp_text(host, port)};
  auto fd = net::listen_on(address);
  if (!fd) return fail(ErrorCode::Unavailable, fmt::format("{} ({})", fd.error().message, option));
  const auto local = net::local_address(*fd);
  bound = local ? local->text : address.text;
  return fd;
}

}  // namespace

Result<ListeningSockets> ListeningSockets::open(const InstanceOptions& options, const runtime::InstancePaths& paths) {
  ListeningSockets sockets;
  const auto keep = [](int& slot, Result<int> fd) -> Result<void> {
    if (!fd) return std::unexpected(std::move(fd.error()));
    slot = *fd;
    return {};
  };
  const spec::HttpOptions& http = options.config.http_options;
  const bool has_proxy = options.config.proxy_location != "Disabled";
  if (has_proxy)
    if (auto ok = keep(sockets.http, open_tcp(http.host, http.port, "--http-port", sockets.http_address)); !ok)
      return std::unexpected(ok.error());
  if (auto ok = keep(sockets.admin, open_tcp("127.0.0.1", options.admin_port, "--admin-port", sockets.admin_address));
      !ok)
    return std::unexpected(ok.error());
  if (has_proxy)
    if (auto ok = sockets.open_metrics(http.host, options.metrics_port); !ok) return std::unexpected(ok.error());
  if (auto ok = keep(sockets.controller, net::listen_on({"unix:" + paths.controller_socket()})); !ok)
    return std::unexpected(ok.error());
  if (auto ok = keep(sockets.agent, net::listen_on({"unix:" + paths.agent_socket()})); !ok)
    return std::unexpected(ok.error());
  return sockets;
}

Result<void> ListeningSockets::open_metrics(const std::string& host, std::optional<int> port) {
  constexpr int kDefaultPort = 8080;
  if (port == 0) return {};
  std::string bound;
  const auto fd = open_tcp(host, port.value_or(kDefaultPort), "--metrics-port", bound);
  if (fd) metrics = *fd;
  if (!fd && port) return std::unexpected(fd.error());
  return {};
}

ListeningSockets::ListeningSockets(ListeningSockets&& other) noexcept
    : http(std::exchange(other.http, -1)),
      admin(std::exchange(other.admin, -1)),
      controller(std::exchange(other.controller, -1)),
      agent(std::exchange(other.agent, -1)),
      metrics(std::exchange(other.metrics, -1)),
      http_address(std::move(other.http_address)),
      admin_address(std::move(other.admin_address)) {}

ListeningSockets::~ListeningSockets() {
  for (const int fd : {http, admin, controller, agent, metrics})
    if (fd >= 0) ::close(fd);
}

}  // namespace manta::cli
