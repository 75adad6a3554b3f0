#include "ingress/traffic_table.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

namespace manta::ingress {
namespace {

bool is_below(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

// "/rag" and "/chat" make "/rag/chat"; "/" makes nothing.
std::string joined(std::string_view prefix, std::string_view route) {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (route == "/") route = {};
  return std::string(prefix).append(route);
}

const spec::MethodSpec* method_in(const spec::RoutingSnapshot& snapshot, const std::string& application,
                                  const std::string& deployment, const std::string& method) {
  for (const spec::ReplicaSet& set : snapshot.deployments) {
    if (set.application != application || set.deployment != deployment) continue;
    const auto found = std::ranges::find(set.methods, method, &spec::MethodSpec::name);
    return found == set.methods.end() ? nullptr : &*found;
  }
  return nullptr;
}

// Empty: the request names none.
std::string_view sticky_key(const std::string& sticky, const RequestTerms& terms, const net::Headers& headers) {
  constexpr std::string_view kHeader = "header:";
  if (sticky == "session") return terms.session_id;
  if (sticky == "tenant") return terms.tenant;
  if (!sticky.starts_with(kHeader)) return {};
  return headers.get(std::string_view(sticky).substr(kHeader.size())).value_or(std::string_view());
}

}  // namespace

std::optional<TrafficDestination> TrafficTable::destination(const Route& route, const std::string& deployment,
                                                            const spec::RoutingSnapshot& snapshot) {
  const spec::MethodSpec* method = method_in(snapshot, route.application, deployment, route.method);
  if (method == nullptr) return std::nullopt;
  TrafficDestination made{.route = route};
  made.route.deployment = deployment;
  made.route.raw_http = method->raw_http;
  made.route.idempotent = method->idempotent;
  made.route.streams = method->streams;
  made.route.takes_stream = method->takes_stream;
  made.route.takes_values = method->takes_values;
  made.series = &http_.route({route.pattern, route.application, deployment});
  made.dispatcher = dispatchers_.at(route.application, deployment);
  return made;
}

TrafficPlan TrafficTable::plan_for(const Route& route, const spec::ApplicationRoutes& application,
                                   const spec::TrafficRoute& rule, const spec::RoutingSnapshot& snapshot) {
  TrafficPlan plan{.below = joined(application.route_prefix, rule.route), .sticky = rule.sticky};
  for (char& c : plan.sticky)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');  // names of headers are
  for (std::size_t i = 0; i < rule.split.size(); ++i) {
    auto made = destination(route, rule.split[i].deployment, snapshot);
    if (!made) continue;
    made->target = i;
    made->weight = rule.split[i].weight;
    made->wakes = rule.split[i].wakes;
    made->id = traffic_hash(application.application + '\n' + rule.route + '\n' + rule.split[i].deployment);
    plan.destinations.push_back(std::move(*made));
  }
  if (std::ranges::none_of(plan.destinations, [](const auto& target) { return target.weight > 0; }))
    plan.destinations.clear();
  if (rule.shadow) plan.shadow_destination = destination(route, rule.shadow->deployment, snapshot);
  if (plan.shadow_destination) {
    plan.shadow = rule.shadow;
    plan.lane = &shadows_.lane(application.application, rule.shadow->deployment);
  }
  return plan;
}

void TrafficTable::rebuild(const spec::RoutingSnapshot& snapshot, const RouteTable& table) {
  const auto before = std::exchange(counts_, {});
  plans_.assign(table.routes().size(), {});
  for (const spec::ApplicationRoutes& application : snapshot.applications)
    for (const spec::TrafficRoute& rule : application.traffic) {
      const CountsKey key{application.application, rule.route, rule.stage};
      const auto known = before.find(key);
      auto& counts = counts_[key];
      if (known != before.end() && known->second->are_of(rule)) counts = known->second;
      if (!counts) counts = std::make_shared<TrafficCounts>(metrics_, application.application, rule);
      for (const Route& route : table.routes()) {
        if (route.application != application.application || route.method.empty()) continue;
        plans_[route.index].push_back(plan_for(route, application, rule, snapshot));
        plans_[route.index].back().counts = counts;
      }
    }
  for (auto& plans : plans_)
    std::ranges::stable_sort(plans, std::greater{}, [](const TrafficPlan& plan) { return plan.below.size(); });
}

const TrafficPlan* TrafficTable::find(const std::vector<TrafficPlan>& plans, std::string_view path) {
  for (const TrafficPlan& plan : plans)
    if (is_below(path, plan.below)) return &plan;
  return nullptr;
}

const TrafficDestination* TrafficTable::choose(const TrafficPlan& plan, const RequestTerms& terms,
                                               const net::Headers& headers) {
  constexpr std::size_t kOnStack = 16;
  const std::size_t size = plan.destinations.size();
  if (size == 0) return nullptr;
  std::array<TrafficOption, kOnStack> few;
  std::vector<TrafficOption> many(size > kOnStack ? size : 0);
  const std::span<TrafficOption> options = many.empty() ? std::span(few).first(size) : std::span(many);
  for (std::size_t i = 0; i < size; ++i) {
    const TrafficDestination& target = plan.destinations[i];
    options[i] = {target.id, target.weight, target.wakes || !target.dispatcher->replica_set().replicas.empty()};
  }
  const std::string_view key = sticky_key(plan.sticky, terms, headers);
  return &plan.destinations[choose_target(options, key.empty() ? next_random() : traffic_hash(key))];
}

bool TrafficTable::is_copied(const TrafficPlan& plan) {
  return plan.shadow && is_sampled(plan.shadow->percent, next_random());
}

std::vector<std::shared_ptr<TrafficCounts>> TrafficTable::counts() const {
  std::vector<std::shared_ptr<TrafficCounts>> all;
  for (const auto& [key, counts] : counts_) all.push_back(counts);
  return all;
}

// Weyl's sequence; what uses it scatters the bits.
std::uint64_t TrafficTable::next_random() { return random_ += 0x9e3779b97f4a7c15U; }

}  // namespace manta::ingress
