#pragma once

#include <chrono>
#include <string>

#include <manta/task.h>

#include "base/loop.h"
#include "net/address.h"

namespace manta::cli {

// Who listens at an address, as far as a few pages tell. On a head node of Ray its dashboard has our admin port, and
// Ray Serve answers on the paths of our admin API.
struct ServerIdentity {
  enum class Kind { Nobody, Silent, Manta, RayDashboard, RayServe, RayMetrics, Unknown };
  Kind kind = Kind::Nobody;
  std::string version = {};  // of Manta or Ray; empty: not told
  bool operator==(const ServerIdentity&) const = default;
};

// An answer to a GET.
struct ServerPage {
  std::string server = {};  // header
  std::string body;
};

// What a page says, whatever was asked for: Unknown when nothing.
ServerIdentity identify(const ServerPage& page);

// "Ray's dashboard (Ray 2.60.0)", "another instance of Manta", "another program".
std::string description(const ServerIdentity& identity);

// Asks by HTTP/1.1, each page for at most `limit`, until one tells: the first does for Manta's admin port. Who is
// silent once is asked nothing more. Nobody: no connection could be made; Silent: no answer came.
Task<ServerIdentity> who_answers(Loop& loop, net::Address address, Duration limit);
// The same from a program that has no loop.
ServerIdentity who_answers(const net::Address& address, Duration limit = std::chrono::milliseconds(500));

}  // namespace manta::cli
