#pragma once

#include <chrono>
#include <optional>
#include <string>

#include <manta/task.h>

#include "base/loop.h"
#include "net/address.h"

namespace manta::cli {

// Who listens at an address, as far as a few pages tell. On a head node of Ray its dashboard has our admin port, and
// Ray Serve answers on the paths of our admin API.
struct ServerIdentity {
  enum class Kind { Nobody, Manta, RayDashboard, RayServe, RayMetrics, Unknown };
  Kind kind = Kind::Nobody;
  std::string version = {};  // of Manta or Ray; empty: not told
  bool operator==(const ServerIdentity&) const = default;
};

// An answer to a GET.
struct ServerPage {
  int status = 0;
  std::string body;
};

// What the answers say: to GET /api/ray/version, /api/version and /metrics, as far as they were asked for and came.
ServerIdentity identify(const std::optional<ServerPage>& version, const std::optional<ServerPage>& plain_version,
                        const std::optional<ServerPage>& metrics);

// "Ray's dashboard (Ray 2.60.0)", "another instance of Manta", "another program".
std::string description(const ServerIdentity& identity);

// Asks by HTTP/1.1, each page for at most `limit`; who is silent once is asked nothing more. The first page that tells
// is enough: one round trip for Manta's admin port.
Task<ServerIdentity> who_answers(Loop& loop, net::Address address, Duration limit);
// The same from a program that has no loop.
ServerIdentity who_answers(const net::Address& address, Duration limit = std::chrono::seconds(1));

}  // namespace manta::cli
