#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/config.h>
#include <manta/logging_config.h>
#include <manta/routing_config.h>

#include "spec/application_graph.h"
#include "spec/shared.h"
#include "spec/traffic_route.h"

namespace manta::spec {

// Orders what a controller publishes: the epoch rises at each controller start, the version at each change.
struct PublishStamp {
  std::uint64_t epoch = 0;
  std::uint64_t version = 0;
  auto operator<=>(const PublishStamp&) const = default;
};
BOOST_DESCRIBE_STRUCT(PublishStamp, (), (epoch, version))

struct ReplicaAddress {
  std::string id;       // "rag#Embed#k3v9x2"
  std::string address;  // net::Address text
  std::string node_id;
  int max_ongoing_requests = 5;
  bool operator==(const ReplicaAddress&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplicaAddress, (), (id, address, node_id, max_ongoing_requests))

// What proxies run in their own processes of a deployment that has no replicas (DeploymentConfig::in_proxy).
struct HostedDefinition {
  std::string builtin;  // the application that it belongs to, as `import_path: builtin:<name>` has it
  std::string args;     // of that, JSON
  int graph_index = 0;  // which of the applications that build() returns
  std::string version, fingerprint;
  DeploymentConfig config;
  bool operator==(const HostedDefinition&) const = default;
};
BOOST_DESCRIBE_STRUCT(HostedDefinition, (), (builtin, args, graph_index, version, fingerprint, config))

// All that a caller needs to reach one deployment.
struct ReplicaSet {
  std::string application, deployment;
  std::vector<ReplicaAddress> replicas;  // running ones only
  int max_queued_requests = -1;
  int backpressure_status_code = 503;
  double backpressure_retry_after_s = 0;
  double request_timeout_s = 0;
  RequestRouterConfig router;
  AdmissionConfig admission;
  CircuitBreakerConfig circuit_breaker;
  // Above 0: the number of replicas follows the load. Callers tell the controller how many requests wait
  // (spec::LoadReport), at least this often while any do.
  double load_report_interval_s = 0;
  std::vector<MethodSpec> methods;              // without the schemas
  std::optional<HostedDefinition> hosted = {};  // set: no replicas, and no handle reaches it
  bool operator==(const ReplicaSet&) const = default;
};
BOOST_DESCRIBE_STRUCT(ReplicaSet, (),
                      (application, deployment, replicas, max_queued_requests, backpressure_status_code,
                       backpressure_retry_after_s, request_timeout_s, router, admission, circuit_breaker,
                       load_report_interval_s, methods, hosted))

// One application as the proxy sees it. While it is being described for the first time only its name is known: it has
// no ingress and no routes, and is not ready.
struct ApplicationRoutes {
  std::string application;
  std::string route_prefix;
  std::string ingress;  // deployment
  std::vector<RouteSpec> routes;
  Shared<std::string> openapi;  // the document served at <prefix>/openapi.json
  bool ready = false;           // every deployment has its replicas running
  std::vector<TrafficRoute> traffic = {};
  bool operator==(const ApplicationRoutes&) const = default;
};
BOOST_DESCRIBE_STRUCT(ApplicationRoutes, (), (application, route_prefix, ingress, routes, openapi, ready, traffic))

struct NodeZone {
  std::string node_id, zone;
  bool operator==(const NodeZone&) const = default;
};
BOOST_DESCRIBE_STRUCT(NodeZone, (), (node_id, zone))

// All that proxies and replicas are told, at one version: subscribers make it of spec::RoutingChange. `adopted` is
// false until a restarted controller has looked at what lives: until then a subscriber drops no replica that still
// answers.
struct RoutingSnapshot {
  PublishStamp stamp;
  bool adopted = true;
  std::vector<Shared<ApplicationRoutes>> applications;  // by rising name, here and below
  std::vector<Shared<ReplicaSet>> deployments;
  std::optional<LoggingConfig> logging_config = {};  // of proxies
  std::vector<std::string> draining_nodes = {};      // ids: their proxies say that they go away
  Shared<std::vector<NodeZone>> zones = {};          // of the nodes whose labels name one
  double published_at_s = 0;                         // Unix time, of this version; 0: not known
  bool operator==(const RoutingSnapshot&) const = default;
};
BOOST_DESCRIBE_STRUCT(RoutingSnapshot, (),
                      (stamp, adopted, applications, deployments, logging_config, draining_nodes, zones,
                       published_at_s))

}  // namespace manta::spec
