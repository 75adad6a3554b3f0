#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/config.h>

#include "spec/shared.h"

namespace manta::spec {

inline const Shared<std::string>& no_schema() {
  static const Shared<std::string> schema("{}");
  return schema;
}

// One method of a deployment as `manta describe` prints it.
struct MethodSpec {
  std::string name;
  bool idempotent = false;                           // may be sent again after a replica died
  bool streams = false;                              // answers with items
  bool takes_stream = false;                         // its last argument is a stream of items
  bool takes_values = true;                          // and it has arguments besides that stream
  bool raw_http = false;                             // takes the HTTP request as it came: own method and path are kept
  Shared<std::string> request_schema = no_schema();  // JSON Schema
  Shared<std::string> response_schema = no_schema();
  bool operator==(const MethodSpec&) const = default;
};
BOOST_DESCRIBE_STRUCT(MethodSpec, (),
                      (name, idempotent, streams, takes_stream, takes_values, raw_http, request_schema,
                       response_schema))

// An HTTP route of the ingress deployment, relative to the application's prefix.
struct RouteSpec {
  std::string verb;    // "GET", "POST"; "*" = any
  std::string path;    // "/v1/models", "/items/{id}", "/" = the prefix itself, "/v1/*" = everything below
  std::string method;  // name of the method that answers
  bool operator==(const RouteSpec&) const = default;
};
BOOST_DESCRIBE_STRUCT(RouteSpec, (), (verb, path, method))

// One bound deployment.
struct NodeSpec {
  std::string name;  // unique in its application ("Embed", "Embed_1")
  std::string class_name;
  std::string fingerprint;  // of class, arguments and children: a replica that builds another one must not start
  std::vector<std::string> children;  // names of the nodes it was given as handles
  DeploymentConfig config;
  std::vector<MethodSpec> methods;
  bool may_run_in_proxy = false;  // its class says so
  bool operator==(const NodeSpec&) const = default;
};
BOOST_DESCRIBE_STRUCT(NodeSpec, (), (name, class_name, fingerprint, children, config, methods, may_run_in_proxy))

// What build() returned: printed by `manta describe` as JSON, one per application of the artifact.
struct ApplicationGraph {
  std::string name;
  std::string route_prefix;  // empty: the configuration's or "/"
  std::string ingress;       // name of the node that answers HTTP
  std::vector<RouteSpec> routes;
  std::vector<NodeSpec> nodes;                     // callees before callers
  std::vector<std::string> routing_policies = {};  // its own, without "custom:"; here and below
  std::vector<std::string> autoscaling_policies = {}, application_autoscaling_policies = {};
  bool operator==(const ApplicationGraph&) const = default;
};
BOOST_DESCRIBE_STRUCT(ApplicationGraph, (),
                      (name, route_prefix, ingress, routes, nodes, routing_policies, autoscaling_policies,
                       application_autoscaling_policies))

}  // namespace manta::spec
