#include "cli/server_identity.h"

#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <boost/describe/class.hpp>

#include <manta/detail/json.h>

#include "cli/one_shot.h"
#include "cli/run_to_end.h"
#include "net/h1_client.h"

namespace manta::cli {
namespace {

using Kind = ServerIdentity::Kind;

// Of who gives no page.
Kind kind_of(const Error& error) {
  if (error.code == ErrorCode::Unavailable) return Kind::Nobody;
  return error.code == ErrorCode::DeadlineExceeded ? Kind::Silent : Kind::Unknown;
}

constexpr std::size_t kEnough = std::size_t{64} << 10;  // of a body, to know whose it is

// Of both Manta's admin port and Ray's dashboard; only the first has a version of Manta.
struct VersionPage {
  std::string manta_version, ray_version;
};
BOOST_DESCRIBE_STRUCT(VersionPage, (), (manta_version, ray_version))

bool is_of_ray(std::string_view metrics) {
  return metrics.starts_with("# HELP ray_") || metrics.find("\n# HELP ray_") != std::string_view::npos;
}

// Unavailable when no connection was made, DeadlineExceeded when no complete answer came within `limit`, Internal when
// it is not HTTP.
Task<Result<ServerPage>> get_page(Loop& loop, net::Address address, std::string path, Duration limit) {
  net::H1Client client(loop, address, limit);
  const auto over = std::make_shared<OneShot>();
  net::ClientCall* asked = nullptr;
  const auto call = client.start({.method = "GET", .path = path, .authority = address.text}, [&loop, &asked, over] {
    const bool is_over = asked->ended() || asked->failure() || asked->body().size() >= kEnough;
    if (is_over) loop.post([over] { over->fire(); });
  });
  asked = call.get();
  const TimerId timer = loop.after(limit, [over] { over->fire(); });
  co_await *over;
  loop.cancel(timer);
  if (call->has_head() && (call->ended() || call->body().size() >= kEnough))
    co_return ServerPage{.server = std::string(call->headers().get("server").value_or("")), .body = call->take()};
  if (!call->failure()) co_return fail(ErrorCode::DeadlineExceeded, "no answer");
  const bool is_connected = call->failure() != net::CallFailure::NeverStarted;
  co_return fail(is_connected ? ErrorCode::Internal : ErrorCode::Unavailable, "no answer");
}

}  // namespace

ServerIdentity identify(const ServerPage& page) {
  if (is_of_ray(page.body)) return {.kind = Kind::RayMetrics};
  const auto version = detail::from_json<VersionPage>(page.body, UnknownKeys::Ignore);
  if (version && !version->manta_version.empty()) return {.kind = Kind::Manta, .version = version->manta_version};
  if (version && !version->ray_version.empty()) return {.kind = Kind::RayDashboard, .version = version->ray_version};
  // Both public doors say so where nothing is served; Ray Serve's is a uvicorn.
  const bool is_door = page.body.starts_with("Path '") && page.body.find("/-/routes") != std::string::npos;
  if (!is_door) return {.kind = Kind::Unknown};
  return {.kind = page.server.starts_with("uvicorn") ? Kind::RayServe : Kind::Manta};
}

std::string description(const ServerIdentity& identity) {
  switch (identity.kind) {
    case Kind::Nobody:
      return "nobody that answers";
    case Kind::Manta:
      return identity.version.empty() ? "another instance of Manta"
                                      : fmt::format("another instance of Manta ({})", identity.version);
    case Kind::RayDashboard:
      return fmt::format("Ray's dashboard (Ray {})", identity.version);
    case Kind::RayServe:
      return "Ray Serve";
    case Kind::RayMetrics:
      return "the metrics of a Ray node";
    case Kind::Silent:
    case Kind::Unknown:
      break;
  }
  return "another program";
}

Task<ServerIdentity> who_answers(Loop& loop, net::Address address, Duration limit) {
  for (const char* path : {"/api/ray/version", "/api/version", "/metrics"}) {
    const auto page = co_await get_page(loop, address, path, limit);
    if (!page) co_return ServerIdentity{.kind = kind_of(page.error())};
    ServerIdentity found = identify(*page);
    if (found.kind != Kind::Unknown) co_return found;
  }
  co_return ServerIdentity{.kind = Kind::Unknown};
}

ServerIdentity who_answers(const net::Address& address, Duration limit) {
  return run_to_end<ServerIdentity>([&](Loop& loop) { return who_answers(loop, address, limit); });
}

}  // namespace manta::cli
