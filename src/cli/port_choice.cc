#include "cli/port_choice.h"

#include <utility>

#include <fmt/format.h>

#include "cli/find_instance.h"
#include "cli/server_identity.h"
#include "net/address.h"

namespace manta::cli {
namespace {

constexpr int kPortsTried = 100;

// Where to ask who has the port of an address that may stand for all addresses of the machine.
net::Address reachable(const std::string& host, int port) {
  if (host == "0.0.0.0") return {host_and_port("127.0.0.1", port)};
  return {host_and_port(host == "::" ? "::1" : host, port)};
}

Result<OpenPort> listening(int fd, const std::string& asked_for) {
  const auto local = net::local_address(fd);
  return OpenPort{.fd = fd, .address = local ? local->text : asked_for};
}

bool is_taken(const Error& error) { return error.detail == "EADDRINUSE"; }

// The first free port behind that of the choice.
Result<OpenPort> open_next(const PortChoice& choice, const ServerIdentity& holder) {
  for (int port = choice.port + 1; port <= choice.port + kPortsTried; ++port) {
    const std::string address = host_and_port(choice.host, port);
    const auto fd = net::listen_on({address});
    if (!fd && is_taken(fd.error())) continue;
    if (!fd) return std::unexpected(fd.error());
    auto open = listening(*fd, address);
    open->notice = fmt::format("port {} is taken by {}: {} is {} instead ({} chooses another)", choice.port,
                               description(holder), choice.purpose, port, choice.option);
    return open;
  }
  return fail(ErrorCode::Unavailable, fmt::format("ports {} to {} are all taken; {} chooses another", choice.port,
                                                  choice.port + kPortsTried, choice.option));
}

}  // namespace

std::string host_and_port(const std::string& host, int port) {
  const std::string name = host == "localhost" ? "127.0.0.1" : host;
  return name.find(':') == std::string::npos ? fmt::format("{}:{}", name, port) : fmt::format("[{}]:{}", name, port);
}

PortChoice admin_port_choice(std::optional<int> port) {
  return {.host = "127.0.0.1",
          .port = port.value_or(kDefaultAdminPort),
          .is_default = !port,
          .option = "--admin-port",
          .purpose = "the admin port"};
}

Result<OpenPort> open_port(const PortChoice& choice) {
  const std::string address = host_and_port(choice.host, choice.port);
  const auto fd = net::listen_on({address});
  if (fd) return listening(*fd, address);
  if (!is_taken(fd.error()))
    return fail(ErrorCode::Unavailable, fmt::format("{} ({})", fd.error().message, choice.option));
  const ServerIdentity holder = who_answers(reachable(choice.host, choice.port));
  if (choice.is_default) return open_next(choice, holder);
  return fail(ErrorCode::Unavailable,
              fmt::format("{} ({}); it is {} that has it", fd.error().message, choice.option, description(holder)));
}

}  // namespace manta::cli
