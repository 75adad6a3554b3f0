#include "cli/cluster/security.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/log.h"

namespace manta::cli {

Result<net::PeerSecurityPtr> cluster_security(const Environment& environment) {
  const std::string token = environment.get("MANTA_CLUSTER_TOKEN").value_or("");
  if (token.empty()) return net::PeerSecurityPtr();
  // Without a thread of its own: signals are not blocked yet.
  const auto logger = std::make_shared<Logger>(LogOptions{.component = "security", .async = false});
  const auto tell = [logger](std::string_view latest, std::uint64_t count) {
    logger->warn("connections refused", {{"count", count}, {"latest", latest}});
  };
  auto made = net::PeerSecurity::make({.token = token,
                                       .certificate_file = environment.get("MANTA_CLUSTER_CERT").value_or(""),
                                       .key_file = environment.get("MANTA_CLUSTER_KEY").value_or(""),
                                       .authority_file = environment.get("MANTA_CLUSTER_CA").value_or(""),
                                       .on_foreign = tell});
  if (!made) return std::unexpected(std::move(made.error()));
  return *std::move(made);
}

}  // namespace manta::cli
