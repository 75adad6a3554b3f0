#include "spec/batching.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "codec/nearest.h"
#include "spec/checks.h"

namespace manta::spec {
namespace {

constexpr int kMostItems = 1 << 20;

void check_buckets(Checks& checks, const std::vector<double>& bounds, const std::string& field) {
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    checks.above(bounds[i], 0, element(field, i));
    checks.require(i == 0 || bounds[i - 1] < bounds[i], element(field, i), "expected bounds in ascending order");
  }
  checks.require(bounds.size() <= 64, field, "expected 64 bounds or fewer");
}

void check_batcher(Checks& checks, const BatchingConfig& batcher, const std::string& place) {
  if (batcher.max_batch_size) checks.between(*batcher.max_batch_size, 1, kMostItems, place + ".max_batch_size");
  if (batcher.batch_wait_timeout_s) checks.at_least(*batcher.batch_wait_timeout_s, 0, place + ".batch_wait_timeout_s");
  if (batcher.max_concurrent_batches)
    checks.between(*batcher.max_concurrent_batches, 1, 1024, place + ".max_concurrent_batches");
  if (batcher.max_cost) checks.above(*batcher.max_cost, 0, place + ".max_cost");
  if (batcher.wait)
    checks.require(*batcher.wait == "fixed" || *batcher.wait == "adaptive", place + ".wait",
                   "expected fixed or adaptive, found '" + *batcher.wait + "'");
  if (batcher.buckets) check_buckets(checks, *batcher.buckets, place + ".buckets");
}

// Why a method's answers cannot be kept; empty when they can.
std::string_view hindrance(const MethodSpec& method) {
  if (!method.idempotent) return "is not marked manta::idempotent";
  if (method.streams || method.takes_stream) return "streams";
  if (method.raw_http) return "takes the HTTP request as it came: what its answer depends on is not known";
  return {};
}

const DeploymentOverride* override_of(const std::vector<DeploymentOverride>& overrides, const std::string& name) {
  const auto found = std::ranges::find(overrides, name, &DeploymentOverride::name);
  return found == overrides.end() ? nullptr : &*found;
}

}  // namespace

std::vector<Fault> batching_faults(const DeploymentConfig& config) {
  Checks checks;
  for (const auto& [name, batcher] : config.batching) check_batcher(checks, batcher, "batching." + name);
  if (config.response_cache) {
    checks.at_least(config.response_cache->max_bytes, 1024, "response_cache.max_bytes");
    checks.at_least(config.response_cache->ttl_s, 0, "response_cache.ttl_s");
    checks.require(config.response_cache->ttl_s > 0 || config.response_cache->single_flight, "response_cache.ttl_s",
                   "0 keeps nothing, and single_flight is off: leave response_cache out");
  }
  return checks.take();
}

std::vector<Fault> response_cache_faults(const NodeSpec& node) {
  Checks checks;
  if (!node.config.response_cache) return checks.take();
  const auto& config = *node.config.response_cache;
  std::vector<std::string_view> names;
  for (const MethodSpec& method : node.methods) names.push_back(method.name);
  for (std::size_t i = 0; i < config.methods.size(); ++i) {
    const std::string& name = config.methods[i];
    const auto method = std::ranges::find(node.methods, name, &MethodSpec::name);
    const std::string place = element("response_cache.methods", i);
    if (method == node.methods.end())
      checks.require(false, place, "'" + node.name + "' has no method '" + name + "'" + codec::suggestion(name, names));
    else if (const std::string_view why = hindrance(*method); !why.empty())
      checks.require(false, place, "answers of '" + name + "' cannot be kept: it " + std::string(why));
  }
  const bool any =
      std::ranges::any_of(node.methods, [&](const MethodSpec& method) { return keeps_answers(config, method); });
  checks.require(
      any || !config.methods.empty(), "response_cache",
      "'" + node.name + "' has no method whose answers can be kept: mark one with manta::idempotent in its `methods`");
  return checks.take();
}

bool keeps_answers(const ResponseCacheConfig& config, const MethodSpec& method) {
  if (!hindrance(method).empty()) return false;
  if (config.methods.empty()) return method.name != "where_am_i";  // built-in: it is about the process
  return std::ranges::find(config.methods, method.name) != config.methods.end();
}

int concurrency_for_batches(const DeploymentConfig& config) {
  std::int64_t most = 0;
  for (const auto& [name, batcher] : config.batching)
    if (batcher.max_batch_size)
      most = std::max(most, std::int64_t{*batcher.max_batch_size} * batcher.max_concurrent_batches.value_or(1));
  return static_cast<int>(std::min<std::int64_t>(most, std::numeric_limits<int>::max()));
}

Result<void> fit_batches(DeploymentConfig& config, bool given) {
  const int needed = concurrency_for_batches(config);
  config.raise_for_batches = config.raise_for_batches && !given;
  if (needed <= config.max_ongoing_requests) return {};
  if (config.raise_for_batches) {
    config.max_ongoing_requests = needed;
    return {};
  }
  const std::string needs = std::to_string(needed);
  return fail(ErrorCode::InvalidArgument,
              "max_ongoing_requests is " + std::to_string(config.max_ongoing_requests) +
                  ", but batching asks for batches of " + needs +
                  " (max_batch_size * max_concurrent_batches), which could never fill: raise max_ongoing_requests to " +
                  needs + " or more, leave it out, or lower max_batch_size",
              "max_ongoing_requests");
}

Result<void> fit_batches(ApplicationGraph& graph, const std::vector<DeploymentOverride>& overrides) {
  for (NodeSpec& node : graph.nodes) {
    const DeploymentOverride* const override = override_of(overrides, node.name);
    const bool in_file = override && override->fields.contains("max_ongoing_requests");
    const bool in_code = node.config.max_ongoing_requests != DeploymentConfig().max_ongoing_requests;
    const bool asked = override && override->fields.contains("raise_for_batches");
    Result<void> fits = fit_batches(node.config, (in_file || in_code) && !asked);
    if (fits) continue;
    fits.error().message.insert(0, "deployment '" + node.name + "': ");
    fits.error().detail = override ? "deployments[" + std::to_string(override - overrides.data()) + "]" : "import_path";
    return fits;
  }
  return {};
}

}  // namespace manta::spec
