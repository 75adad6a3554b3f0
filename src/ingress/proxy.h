#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <manta/task.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/task_scope.h"
#include "ingress/access_log.h"
#include "ingress/forwarding.h"
#include "ingress/hosted_deployment.h"
#include "ingress/hostings.h"
#include "ingress/http_metrics.h"
#include "ingress/metrics_collector.h"
#include "ingress/request_id.h"
#include "ingress/request_record.h"
#include "ingress/request_terms.h"
#include "ingress/roll_call.h"
#include "ingress/route_table.h"
#include "ingress/routing_view.h"
#include "ingress/system_pages.h"
#include "ingress/traffic_shadow.h"
#include "ingress/traffic_table.h"
#include "net/body_buffers.h"
#include "net/exchange.h"
#include "net/wire.h"
#include "routing/dispatchers.h"
#include "spec/replica_set.h"

namespace manta::ingress {

struct ProxySettings {
  std::string root_path;                               // "/serve": part of every path from outside; "" = none
  double request_timeout_s = 0;                        // of requests that name none; 0 = no limit
  bool is_head = true;                                 // healthy without replicas
  std::size_t max_item_bytes = std::size_t{32} << 20;  // of a stream into a method
  std::string node_id = "local";                       // labels of metrics
  std::string node_ip = "127.0.0.1";
  std::uint64_t seed = 0;  // of request ids: random, and different in every process
  std::string session_header = std::string(net::wire::kSessionId);  // in lower case
};

// What a proxy works with; all of it outlives the proxy. `access_log` may be null, and `roll_call` is when its loop is
// the only one.
struct ProxyEnvironment {
  Loop& loop;
  Metrics& metrics;
  routing::Dispatchers& dispatchers;
  net::BodyBuffers& bodies;
  MetricsCollector& collector;
  ShadowCounts& shadow_counts;
  AccessLog* access_log = nullptr;
  const RollCall* roll_call = nullptr;
  StartHosted start_hosted = nullptr;  // null: it runs no deployments itself
};

// Answers the requests that come in at the public door: its own pages, the applications' OpenAPI documents, and
// everything else by sending it to a deployment. One per loop; loop-confined. Outlives the server that calls handle().
class Proxy {
 public:
  Proxy(const ProxyEnvironment& environment, ProxySettings settings);

  // A new snapshot. `dispatchers` must have got it before.
  void update(RoutingView view);
  void handle(net::ExchangePtr exchange);
  // Whether the body of this request is a stream into a method, which reads it as it comes.
  bool wants_stream(const net::Request& head) const;
  // From now on health and readiness say that this proxy goes away; so they do while its node is being drained.
  void start_draining() { draining_ = true; }
  std::size_t ongoing() const { return requests_.size(); }
  // Of every split of the present snapshot.
  std::vector<std::shared_ptr<TrafficCounts>> traffic_counts() const { return traffic_.counts(); }

 private:
  // What belongs to one route of the present table.
  struct Target {
    RouteSeries* series;
    std::shared_ptr<routing::Dispatcher> dispatcher;  // null: a document, or `hosting` answers
    Hosting* hosting = nullptr;
    const std::vector<TrafficPlan>* traffic = nullptr;  // null: no rule of `traffic` is about it
  };

  // The system page for a path without root_path; nullptr when there is none, or an application's route hides it.
  const SystemPage* find_page(std::string_view path, const Route* route) const;
  void answer_page(net::ExchangePtr exchange, Verb verb, const SystemPage& page);
  Task<void> answer_for_all_loops(RequestRecord record, net::ExchangePtr exchange, const SystemPage* page);
  Task<void> answer_metrics(RequestRecord record, net::ExchangePtr exchange);
  void answer_route(net::ExchangePtr exchange, Verb verb, const Route& route);
  // The rule about this request; null: the ingress answers, and nobody gets a copy.
  const TrafficPlan* traffic_for(const Route& route, const net::Request& request) const;
  void send_to_deployment(net::ExchangePtr exchange, RequestRecord&& record, const Route& route,
                          const RequestTerms& terms);
  void send_to_hosted(Hosting& hosting, const net::ExchangePtr& exchange, RequestRecord&& record, const Route& route,
                      const RequestTerms& terms, std::shared_ptr<RequestContext> context);
  Task<void> forwarding(Forwarding request, const Route& route);
  void answer_no_route(const net::ExchangePtr& exchange, Verb verb, VerbSet allow);
  void refuse(const net::ExchangePtr& exchange, RequestRecord& record, const Error& error, const RequestTerms& terms,
              VerbSet allow = 0);
  // Ends a request that the proxy answers itself.
  void end_page(const net::ExchangePtr& exchange, RequestRecord& record, const RequestTerms& terms, net::Response page);
  std::string id_of(const RequestTerms& terms);
  std::shared_ptr<RequestContext> context_of(const Route& route, const RequestTerms& terms);
  void rebuild_routes();
  DoorState state() const;

  Loop& loop_;
  routing::Dispatchers& dispatchers_;
  net::BodyBuffers& bodies_;
  MetricsCollector& collector_;
  const RollCall* const roll_call_;
  ProxySettings settings_;
  HttpMetrics metrics_;
  RecordKeeper keeper_;
  std::vector<RouteSeries*> page_series_;  // in the order of system_pages()
  RequestIdSource ids_;
  RoutingView view_;
  std::vector<Target> targets_;  // by Route::index
  bool has_streams_ = false;     // some route takes a stream
  bool draining_ = false;
  ShadowTraffic shadows_;
  TrafficTable traffic_;
  TaskScope requests_;
  Hostings hostings_;  // last: its requests end in what is above
};

}  // namespace manta::ingress
