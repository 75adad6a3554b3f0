#include "net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace manta::net {
namespace {

constexpr std::size_t kMaxUnixPath = 100;
constexpr std::string_view kUnixPrefix = "unix:";

struct Endpoint {
  sockaddr_storage storage{};
  socklen_t size = 0;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

std::unexpected<Error> bad_address(std::string_view text, std::string_view why) {
  return fail(ErrorCode::InvalidArgument, "bad address '" + std::string(text) + "': " + std::string(why) +
                                              "; write 127.0.0.1:8000, [::1]:8000 or unix:/path/to.sock");
}

Result<Endpoint> unix_endpoint(std::string_view text) {
  const std::string_view path = text.substr(kUnixPrefix.size());
  if (path.empty()) return bad_address(text, "the path is empty");
  if (path.size() > kMaxUnixPath) return bad_address(text, "the path of a Unix socket may have at most 100 bytes");
  if (path.contains('\0')) return bad_address(text, "the path contains a zero byte");
  Endpoint endpoint;
  auto* address = reinterpret_cast<sockaddr_un*>(&endpoint.storage);
  address->sun_family = AF_UNIX;
  std::memcpy(address->sun_path, path.data(), path.size());
  endpoint.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return endpoint;
}

Result<Endpoint> tcp_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad_address(text, "the port is missing");
  std::uint16_t port = 0;
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return bad_address(text, "the port is no number from 0 to 65535");
  std::string host(text.substr(0, colon));
  if (host == "localhost") host = "127.0.0.1";
  Endpoint endpoint;
  if (host.starts_with('[') && host.ends_with(']')) {
    auto* address = reinterpret_cast<sockaddr_in6*>(&endpoint.storage);
    address->sin6_family = AF_INET6;
    address->sin6_port = htons(port);
    endpoint.size = sizeof(sockaddr_in6);
    if (inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &address->sin6_addr) == 1) return endpoint;
    return bad_address(text, "the host is no IPv6 address");
  }
  auto* address = reinterpret_cast<sockaddr_in*>(&endpoint.storage);
  address->sin_family = AF_INET;
  address->sin_port = htons(port);
  endpoint.size = sizeof(sockaddr_in);
  if (inet_pton(AF_INET, host.c_str(), &address->sin_addr) == 1) return endpoint;
  return bad_address(text, "the host is no IPv4 address");
}

Result<Endpoint> to_endpoint(const Address& address) {
  return address.is_unix() ? unix_endpoint(address.text) : tcp_endpoint(address.text);
}

std::unexpected<Error> system_error(std::string_view what, const Address& address, int error,
                                    std::string_view hint = {}) {
  std::string message = "cannot " + std::string(what) + " " + address.text + ": " + std::strerror(error);
  if (!hint.empty()) message += "; " + std::string(hint);
  return fail(ErrorCode::Unavailable, std::move(message));
}

Result<int> open_socket(const Endpoint& endpoint, const Address& address) {
  const int fd = ::socket(endpoint.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return system_error("open a socket for", address, errno, "raise the limit of open files");
  return fd;
}

// The file of a server that is gone: nobody answers there.
bool is_stale(const Address& address) {
  const auto fd = connect_to(address);
  if (fd) ::close(*fd);
  return !fd && fd.error().detail == "ECONNREFUSED";
}

std::string_view bind_hint(int error) {
  if (error == EADDRINUSE) return "another process listens there: stop it or choose another port";
  if (error == EACCES) return "this user may not listen there: choose a port above 1023 or another folder";
  if (error == ENOENT) return "create the folder of the socket first";
  return {};
}

int bind_to(int fd, Endpoint& endpoint, const Address& address) {
  if (::bind(fd, endpoint.get(), endpoint.size) == 0) return 0;
  if (errno != EADDRINUSE || !address.is_unix() || !is_stale(address)) return errno == 0 ? EADDRINUSE : errno;
  ::unlink(address.text.c_str() + kUnixPrefix.size());
  return ::bind(fd, endpoint.get(), endpoint.size) == 0 ? 0 : errno;
}

Address to_address(Endpoint& endpoint) {
  char text[INET6_ADDRSTRLEN] = {};
  if (endpoint.storage.ss_family == AF_UNIX)
    return Address{std::string(kUnixPrefix) + reinterpret_cast<sockaddr_un*>(&endpoint.storage)->sun_path};
  if (endpoint.storage.ss_family == AF_INET6) {
    const auto* address = reinterpret_cast<sockaddr_in6*>(&endpoint.storage);
    inet_ntop(AF_INET6, &address->sin6_addr, text, sizeof text);
    return Address{"[" + std::string(text) + "]:" + std::to_string(ntohs(address->sin6_port))};
  }
  const auto* address = reinterpret_cast<sockaddr_in*>(&endpoint.storage);
  inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
  return Address{std::string(text) + ":" + std::to_string(ntohs(address->sin_port))};
}

// Of one end of a socket, as `get_name` tells it.
Result<Address> address_of(int fd, int (*get_name)(int, sockaddr*, socklen_t*)) {
  Endpoint endpoint;
  endpoint.size = sizeof endpoint.storage;
  if (get_name(fd, endpoint.get(), &endpoint.size) != 0)
    return fail(ErrorCode::Internal, std::string("cannot read the address of a socket: ") + std::strerror(errno));
  return to_address(endpoint);
}

}  // namespace

Result<Address> Address::parse(std::string_view text) {
  const std::size_t hash = text.find('#');
  Address address{std::string(text.substr(0, hash))};
  if (hash != text.npos) address.member = text.substr(hash + 1);
  if (auto endpoint = to_endpoint(address); !endpoint) return std::unexpected(endpoint.error());
  return address;
}

Result<int> listen_on(const Address& address, int backlog) {
  auto endpoint = to_endpoint(address);
  if (!endpoint) return std::unexpected(endpoint.error());
  const auto fd = open_socket(*endpoint, address);
  if (!fd) return fd;
  const int on = 1;
  if (!address.is_unix()) ::setsockopt(*fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  int error = bind_to(*fd, *endpoint, address);
  if (error == 0 && ::listen(*fd, backlog) != 0) error = errno;
  if (error == 0) return fd;
  ::close(*fd);
  auto failure = system_error("listen on", address, error, bind_hint(error));
  if (error == EADDRINUSE) failure.error().detail = "EADDRINUSE";
  return failure;
}

Result<Address> local_address(int fd) { return address_of(fd, ::getsockname); }
Result<Address> remote_address(int fd) { return address_of(fd, ::getpeername); }

bool is_unix_socket(int fd) {
  int domain = 0;
  socklen_t size = sizeof domain;
  return ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

Result<int> connect_to(const Address& address) {
  auto endpoint = to_endpoint(address);
  if (!endpoint) return std::unexpected(endpoint.error());
  const auto fd = open_socket(*endpoint, address);
  if (!fd) return fd;
  set_no_delay(*fd);
  if (::connect(*fd, endpoint->get(), endpoint->size) == 0 || errno == EINPROGRESS) return fd;
  const int error = errno;
  ::close(*fd);
  auto failure = system_error("connect to", address, error);
  if (error == ECONNREFUSED) failure.error().detail = "ECONNREFUSED";
  return failure;
}

void set_no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

std::optional<unsigned> peer_uid(int fd) {
  if (!is_unix_socket(fd)) return std::nullopt;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return std::nullopt;
  return peer.uid;
}

}  // namespace manta::net
