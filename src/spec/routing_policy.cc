#include "spec/routing_policy.h"

#include <algorithm>
#include <array>
#include <utility>

#include <manta/detail/json.h>

#include "codec/nearest.h"
#include "spec/checks.h"

namespace manta::spec {
namespace {

constexpr std::array<std::string_view, 5> kNames{"power_of_two", "round_robin", "least_loaded", "consistent_hash",
                                                 "locality_first"};

struct RayRouter {
  std::string_view policy, path;
};
constexpr std::array<RayRouter, 3> kRayRouters{{
    {"power_of_two", "ray.serve._private.request_router:PowerOfTwoChoicesRequestRouter"},
    {"round_robin", "ray.serve.experimental.round_robin_router:RoundRobinRouter"},
    {"consistent_hash", "ray.serve.experimental.consistent_hash_router:ConsistentHashRouter"},
}};

// Its modules differ between versions.
std::string_view class_of(std::string_view path) {
  return path.starts_with("ray.") ? path.substr(path.find_last_of(".:") + 1) : std::string_view();
}

Error refused(std::string member, std::string message) {
  return {.code = ErrorCode::InvalidArgument, .message = std::move(message), .detail = std::move(member)};
}

constexpr std::string_view kCustomPrefix = "custom:";

std::string_view custom_name(std::string_view given) {
  return given.starts_with(kCustomPrefix) ? given.substr(kCustomPrefix.size()) : std::string_view();
}

Result<std::string_view> find_name(std::string_view given) {
  if (!custom_name(given).empty()) return kCustomPolicy;
  if (const auto name = std::ranges::find(kNames, given); name != kNames.end()) return *name;
  for (const RayRouter& router : kRayRouters)
    if (class_of(given) == class_of(router.path)) return router.policy;
  std::string message = "unknown routing policy '" + std::string(given) + "'";
  if (const std::string_view near = codec::nearest(given, kNames); !near.empty())
    message += "; did you mean '" + std::string(near) + "'?";
  message += "; there are:";
  for (const std::string_view name : kNames) message += (name == kNames[0] ? " " : ", ") + std::string(name);
  message += ", and 'custom:<name>' for one of the application's own";
  return std::unexpected(refused("request_router_class", std::move(message)));
}

struct NoOptions {};
BOOST_DESCRIBE_STRUCT(NoOptions, (), ())

template <class Options>
Result<void> read_options(const RequestRouterConfig& config, std::string_view policy, Options& options) {
  auto read = detail::from_json<Options>(config.request_router_kwargs.text);
  if (!read)
    return std::unexpected(
        refused("request_router_kwargs", "options of " + std::string(policy) + ": " + read.error().message));
  options = *std::move(read);
  return {};
}

// An application's own policy knows its options itself.
Result<void> check_object(const RequestRouterConfig& config) {
  const detail::JsonReader reader(config.request_router_kwargs.text);
  if (reader.ok() && reader.kind() == detail::ValueKind::Object) return {};
  return std::unexpected(refused("request_router_kwargs", "expected an object"));
}

Result<void> check(const RoutingPolicy& policy) {
  constexpr int kMostVnodes = 10'000;
  Checks checks;
  checks.at_least(policy.consistent_hash.load_factor, 1, "load_factor");
  checks.between(policy.consistent_hash.vnodes, 1, kMostVnodes, "vnodes");
  checks.at_least(policy.consistent_hash.min_load, 1, "min_load");
  checks.above(policy.locality_first.spill_at, 0, "spill_at");
  const auto faults = checks.take();
  if (faults.empty()) return {};
  return std::unexpected(refused("request_router_kwargs", std::string(faults[0].field) + ": " + faults[0].message));
}

}  // namespace

std::span<const std::string_view> routing_policy_names() { return kNames; }

std::string_view ray_router_class(std::string_view policy) {
  const auto router = std::ranges::find(kRayRouters, policy, &RayRouter::policy);
  return router == kRayRouters.end() ? std::string_view() : router->path;
}

Result<RoutingPolicy> read_routing_policy(const RequestRouterConfig& config) {
  const auto name = find_name(config.request_router_class);
  if (!name) return std::unexpected(name.error());
  RoutingPolicy policy{.name = *name, .custom = std::string(custom_name(config.request_router_class))};
  NoOptions none;
  Result<void> read = *name == "consistent_hash"  ? read_options(config, *name, policy.consistent_hash)
                      : *name == "locality_first" ? read_options(config, *name, policy.locality_first)
                      : *name == kCustomPolicy    ? check_object(config)
                                                  : read_options(config, *name, none);
  if (read) read = check(policy);
  if (!read) return std::unexpected(std::move(read.error()));
  return policy;
}

}  // namespace manta::spec
