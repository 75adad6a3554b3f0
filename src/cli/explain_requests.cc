#include "cli/explain_requests.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "cli/metrics_page.h"

namespace manta::cli {
namespace {

using Names = std::pair<std::string_view, std::string_view>;

constexpr std::array<Names, 8> kPolicies = {{
    {"power_of_two", "of two drawn at random the one with fewer requests"},
    {"round_robin", "each in turn"},
    {"least_loaded", "the one with the fewest requests"},
    {"consistent_hash", "by the hash of x-session-id, else of the request id"},
    {"locality", "one on the caller's node first"},
    {"PowerOfTwo", "of two drawn at random the one with fewer requests"},
    {"RoundRobin", "each in turn"},
    {"ConsistentHash", "by the hash of x-session-id, else of the request id"},
}};

constexpr std::array<Names, 7> kReasons = {{
    {"queue_count", "max_queued_requests"},
    {"queue_bytes", "max_queued_bytes"},
    {"queue_age", "max_queue_age_s"},
    {"displaced", "a request of a higher priority that took the place"},
    {"hopeless", "a deadline that could not be kept"},
    {"rate", "requests_per_s"},
    {"tenant_rate", "tenant_requests_per_s"},
}};

template <std::size_t N>
std::string_view look_up(const std::array<Names, N>& names, std::string_view key) {
  const auto found = std::ranges::find_if(names, [&](const Names& entry) { return key.contains(entry.first); });
  return found == names.end() ? std::string_view() : found->second;
}

// What else keeps requests from being answered: the metric, the label that says which kind, and the words for it.
void add_others(std::map<std::string, double>& counts, const MetricSample& sample) {
  if (sample.name.ends_with("manta_router_open_breakers"))
    counts["replicas kept away from now by their circuit breaker"] += sample.value;
  const bool is_error = sample.name == "ray_serve_deployment_error_counter";
  if (is_error && sample.label("exception_type") == "DeadlineExceeded")
    counts["a deadline that passed while they ran"] += sample.value;
  if (is_error && sample.label("exception_type") == "Unavailable")
    counts["no replica that could take them"] += sample.value;
}

}  // namespace

std::string candidates_text(const control::DeploymentDetails& deployment) {
  const std::string& policy = deployment.deployment_config.request_router_config.request_router_class;
  const std::string_view how = look_up(kPolicies, policy);
  std::string text = how.empty() ? policy : fmt::format("{}: {}", policy, how);
  for (const control::ReplicaDetails& replica : deployment.replicas) {
    if (replica.state != "RUNNING" && replica.state != "PENDING_MIGRATION") continue;
    const int most = deployment.deployment_config.max_ongoing_requests;
    text += fmt::format("\n{}  {} of {} requests{}", replica.replica_id, replica.ongoing_requests, most,
                        replica.ongoing_requests >= most ? ", full" : "");
  }
  return text;
}

std::string turned_away_text(const std::string& application, const std::string& deployment, std::string_view page) {
  std::map<std::string, double> counts;
  each_sample(page, [&](const MetricSample& sample) {
    if (sample.value <= 0 || sample.label("application") != application || sample.label("deployment") != deployment)
      return;
    if (sample.name.ends_with("manta_router_turned_away"))
      counts[std::string(look_up(kReasons, sample.label("reason")))] += sample.value;
    add_others(counts, sample);
  });
  std::string text;
  for (const auto& [what, count] : counts) text += fmt::format("{}{:.0f} by {}", text.empty() ? "" : "\n", count, what);
  return text;
}

}  // namespace manta::cli
