#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <manta/error.h>

namespace manta::net {

// Where a peer listens: "unix:/run/x.sock" (path up to 100 bytes) or "127.0.0.1:8000", "[::1]:8000". Where several
// share a socket: "unix:/run/x.sock#Embed".
struct Address {
  std::string text;         // without the member
  std::string member = {};  // which of those that share it; empty: who listens there

  bool is_unix() const { return text.starts_with("unix:"); }
  static Result<Address> parse(std::string_view text);
  bool operator==(const Address&) const = default;
};

// File descriptors are non-blocking and close-on-exec. Errors name the address and say what to do (port taken, path too
// long).
Result<int> listen_on(const Address& address, int backlog = 1024);
// The address a listening or connected descriptor is bound to: the port chosen for port 0.
Result<Address> local_address(int fd);
Result<Address> remote_address(int fd);  // of the peer of a connected descriptor
bool is_unix_socket(int fd);
// A non-blocking descriptor on its way to `address`: connected once it is writable and SO_ERROR is 0. TCP_NODELAY is
// set.
Result<int> connect_to(const Address& address);
// Turns off Nagle's algorithm on a TCP descriptor; nothing for other kinds.
void set_no_delay(int fd);
// The user at the other end of a connected Unix socket; nothing for other kinds.
std::optional<unsigned> peer_uid(int fd);

}  // namespace manta::net
