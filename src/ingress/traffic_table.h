#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "ingress/http_metrics.h"
#include "ingress/request_terms.h"
#include "ingress/route_table.h"
#include "ingress/traffic_choice.h"
#include "ingress/traffic_counts.h"
#include "ingress/traffic_shadow.h"
#include "routing/dispatchers.h"
#include "spec/replica_set.h"

namespace manta::ingress {

// One deployment that may answer a route.
struct TrafficDestination {
  Route route;  // the table's, with this deployment
  RouteSeries* series = nullptr;
  std::shared_ptr<routing::Dispatcher> dispatcher;
  std::size_t target = 0;  // index in the split of the rule
  double weight = 0;
  std::uint64_t id = 0;
  bool wakes = false;
};

// What one rule says about one route of the table.
struct TrafficPlan {
  std::string below;                             // path that the request must be under, with the application's prefix
  std::string sticky;                            // as in the rule
  std::vector<TrafficDestination> destinations;  // empty: the ingress
  std::optional<TrafficShadow> shadow;
  std::optional<TrafficDestination> shadow_destination;
  ShadowTraffic::Lane* lane = nullptr;
  std::shared_ptr<TrafficCounts> counts;
};

// The rules of `traffic` beside a RouteTable. Loop-confined; remade with the table. Requests in flight refer to nothing
// of it but TrafficCounts.
class TrafficTable {
 public:
  // All of them outlive it.
  TrafficTable(routing::Dispatchers& dispatchers, HttpMetrics& http, Metrics& metrics, ShadowTraffic& shadows,
               std::uint64_t seed)
      : dispatchers_(dispatchers), http_(http), metrics_(metrics), shadows_(shadows), random_(seed) {}

  // For the routes of `table`, made of the same snapshot. What rules that stay have counted stays.
  void rebuild(const spec::RoutingSnapshot& snapshot, const RouteTable& table);

  // Of each route, by Route::index, the longest rule first; empty for routes of applications without rules.
  const std::vector<TrafficPlan>& plans(const Route& route) const { return plans_[route.index]; }
  // The plan for a path without root_path; null: the ingress answers.
  static const TrafficPlan* find(const std::vector<TrafficPlan>& plans, std::string_view path);

  // Null: the ingress. Its choice is that of choose_target(), by the sticky key if the request has one, else at random.
  const TrafficDestination* choose(const TrafficPlan& plan, const RequestTerms& terms, const net::Headers& headers);
  // Whether a copy of this request goes to the shadow.
  bool is_copied(const TrafficPlan& plan);

  // Of every rule that is in force.
  std::vector<std::shared_ptr<TrafficCounts>> counts() const;

 private:
  using CountsKey = std::tuple<std::string, std::string, std::int64_t>;  // application, route, stage

  TrafficPlan plan_for(const Route& route, const spec::ApplicationRoutes& application, const spec::TrafficRoute& rule,
                       const spec::RoutingSnapshot& snapshot);
  std::optional<TrafficDestination> destination(const Route& route, const std::string& deployment,
                                                const spec::RoutingSnapshot& snapshot);
  std::uint64_t next_random();

  routing::Dispatchers& dispatchers_;
  HttpMetrics& http_;
  Metrics& metrics_;
  ShadowTraffic& shadows_;
  std::uint64_t random_;
  std::vector<std::vector<TrafficPlan>> plans_;  // by Route::index
  std::map<CountsKey, std::shared_ptr<TrafficCounts>> counts_;
};

}  // namespace manta::ingress
