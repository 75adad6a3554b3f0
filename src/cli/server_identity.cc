#include "cli/server_identity.h"

#include <memory>
#include <string_view>
#include <utility>

#include <boost/describe/class.hpp>
#include <fmt/format.h>

#include <manta/detail/json.h>

#include "cli/one_shot.h"
#include "cli/run_to_end.h"
#include "net/h1_client.h"

namespace manta::cli {
namespace {

using Kind = ServerIdentity::Kind;

constexpr std::size_t kEnough = std::size_t{64} << 10;  // of a body, to know whose it is

// Of both Manta's admin port and Ray's dashboard; only the first has a version of Manta.
struct VersionPage {
  std::string manta_version, ray_version;
};
BOOST_DESCRIBE_STRUCT(VersionPage, (), (manta_version, ray_version))

struct PublicError {
  std::string type, request_id;
};
BOOST_DESCRIBE_STRUCT(PublicError, (), (type, request_id))

// What Manta's public door answers where nothing is served.
struct PublicErrorPage {
  PublicError error;
};
BOOST_DESCRIBE_STRUCT(PublicErrorPage, (), (error))

ServerIdentity from_version(const ServerPage& page) {
  const auto version = detail::from_json<VersionPage>(page.body, UnknownKeys::Ignore);
  if (version && !version->manta_version.empty()) return {.kind = Kind::Manta, .version = version->manta_version};
  if (version && !version->ray_version.empty()) return {.kind = Kind::RayDashboard, .version = version->ray_version};
  const auto error = detail::from_json<PublicErrorPage>(page.body, UnknownKeys::Ignore);
  if (error && !error->error.type.empty() && !error->error.request_id.empty()) return {.kind = Kind::Manta};
  const bool is_serve = page.body.starts_with("Path '") && page.body.find("/-/routes") != std::string::npos;
  return {.kind = is_serve ? Kind::RayServe : Kind::Unknown};
}

bool is_of_ray(std::string_view metrics) {
  return metrics.starts_with("# HELP ray_") || metrics.find("\n# HELP ray_") != std::string_view::npos;
}

// None: no complete answer within `limit`, or none that is HTTP.
Task<std::optional<ServerPage>> get_page(Loop& loop, net::Address address, std::string path, Duration limit) {
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
  if (!call->has_head() || (!call->ended() && call->body().size() < kEnough)) co_return std::nullopt;
  co_return ServerPage{.status = call->status(), .body = call->take()};
}

}  // namespace

ServerIdentity identify(const std::optional<ServerPage>& version, const std::optional<ServerPage>& plain_version,
                        const std::optional<ServerPage>& metrics) {
  ServerIdentity found{.kind = Kind::Unknown};
  if (version) found = from_version(*version);
  if (found.kind == Kind::Unknown && plain_version) found = from_version(*plain_version);
  if (found.kind == Kind::Unknown && metrics && is_of_ray(metrics->body)) found.kind = Kind::RayMetrics;
  return found;
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
    case Kind::Unknown:
      break;
  }
  return "another program";
}

Task<ServerIdentity> who_answers(Loop& loop, net::Address address, Duration limit) {
  const auto connected = net::connect_to(address);
  if (!connected) co_return ServerIdentity{.kind = Kind::Nobody};
  ::close(*connected);
  std::optional<ServerPage> plain_version, metrics;
  const auto version = co_await get_page(loop, address, "/api/ray/version", limit);
  ServerIdentity found = identify(version, plain_version, metrics);
  if (!version || found.kind != Kind::Unknown) co_return found;
  plain_version = co_await get_page(loop, address, "/api/version", limit);
  found = identify(version, plain_version, metrics);
  if (!plain_version || found.kind != Kind::Unknown) co_return found;
  metrics = co_await get_page(loop, address, "/metrics", limit);
  co_return identify(version, plain_version, metrics);
}

ServerIdentity who_answers(const net::Address& address, Duration limit) {
  return run_to_end<ServerIdentity>([&](Loop& loop) { return who_answers(loop, address, limit); });
}

}  // namespace manta::cli
