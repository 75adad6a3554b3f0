#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ingress/route_pattern.h"
#include "ingress/verb.h"
#include "spec/replica_set.h"

namespace manta::ingress {

// Where a request goes: one method of an application's ingress deployment, or the application's OpenAPI document
// and the page that shows it.
struct Route {
  std::string pattern;  // with the application's prefix, "/rag/items/{id}": the route label of metrics
  std::string application;
  std::string deployment;
  std::string method;                  // of the deployment; empty for a document
  std::string upstream_path;           // "/<method>"
  spec::Shared<std::string> document;  // the OpenAPI document, or the page that shows it
  std::string_view document_type = "application/json";
  bool raw_http = false;
  bool idempotent = false;
  bool streams = false;
  bool takes_stream = false;  // of items: the body, one a line
  bool takes_values = false;  // besides the stream: the first line
  std::size_t index = 0;      // position in RouteTable::routes()
};

// `route` is null when nothing answers. Then `allow` is empty if no route has this path, else the verbs that it takes.
struct RouteMatch {
  const Route* route = nullptr;
  VerbSet allow = 0;
};

// Finds the route of a request. The longest application prefix decides about the application ("/route" takes "/route"
// and "/route/x", not "/routesuffix"); inside it the declared routes, the most specific path first (a declared "/*"
// takes all the rest), then POST /<method> for each method, then `call` at the prefix itself (GET and POST; a `call`
// that takes the raw request answers everything below as well), then /openapi.json and
// /docs. Immutable once made.
class RouteTable {
 public:
  RouteTable() = default;
  // Paths may start with `root_path` ("/serve" or empty), which is not part of the routes.
  RouteTable(const spec::RoutingSnapshot& snapshot, std::string root_path);
  RouteTable(const RouteTable&) = delete;
  RouteTable& operator=(const RouteTable&) = delete;

  // `path` without the query, root_path included.
  RouteMatch match(Verb verb, std::string_view path) const;
  // The path without root_path; as it is when it does not start with it.
  std::string_view without_root(std::string_view path) const;
  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Entry {
    VerbSet verbs;
    std::size_t route;
    bool declared;  // by the application; comes before what its methods are called
  };
  struct Pattern {
    RoutePattern pattern;
    Entry entry;
  };
  struct Application {
    std::string prefix;  // empty for "/"
    std::vector<Pattern> patterns;
  };
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using ExactPaths = std::unordered_map<std::string, std::vector<Entry>, TextHash, std::equal_to<>>;

  using Owners = std::unordered_map<std::string, std::size_t, TextHash, std::equal_to<>>;  // by prefix

  void add_application(const spec::ApplicationRoutes& routes, const spec::ReplicaSet* ingress);
  void add_default_routes(std::size_t application, Route base, const spec::MethodSpec& method);
  void add(std::size_t application, Entry entry, std::string_view path, Route route);
  // By looking up each part of the path that ends at a slash and is not longer than any prefix, the longest first.
  const Application* owner(std::string_view path) const;
  const Entry* find_exact(std::string_view path, Verb verb, VerbSet& allow) const;

  std::string root_path_;
  std::vector<Application> applications_;  // longest prefix first
  Owners owners_;
  std::vector<Route> routes_;
  ExactPaths exact_;
  bool has_declared_patterns_ = false;
};

}  // namespace manta::ingress
