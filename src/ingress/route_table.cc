#include "ingress/route_table.h"

#include <algorithm>
#include <utility>

#include "ingress/docs_page.h"

namespace manta::ingress {
namespace {

std::string normal_prefix(std::string_view prefix) {
  while (prefix.ends_with('/')) prefix.remove_suffix(1);
  return std::string(prefix);
}

bool below(std::string_view path, std::string_view prefix) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

const spec::ReplicaSet* find_deployment(const spec::RoutingSnapshot& snapshot, const spec::ApplicationRoutes& routes) {
  for (const spec::ReplicaSet& set : snapshot.deployments)
    if (set.application == routes.application && set.deployment == routes.ingress) return &set;
  return nullptr;
}

const spec::MethodSpec* find_method(const spec::ReplicaSet* ingress, std::string_view name) {
  if (!ingress) return nullptr;
  for (const auto& method : ingress->methods)
    if (method.name == name) return &method;
  return nullptr;
}

Route for_method(Route base, const spec::MethodSpec& method) {
  base.method = method.name;
  base.upstream_path = "/" + method.name;
  base.raw_http = method.raw_http;
  base.idempotent = method.idempotent;
  base.streams = method.streams;
  base.takes_stream = method.takes_stream;
  base.takes_values = method.takes_values;
  return base;
}

const spec::Shared<std::string>& shared_docs_page() {
  static const spec::Shared<std::string> page{std::string(docs_page())};
  return page;
}

VerbSet verbs_of(const spec::RouteSpec& route) {
  if (route.verb == "*" || route.verb.empty()) return kAnyVerb;
  const Verb verb = parse_verb(route.verb);
  return verb == Verb::Get ? kGetOrHead : verb_bit(verb);
}

}  // namespace

RouteTable::RouteTable(const spec::RoutingSnapshot& snapshot, std::string root_path)
    : root_path_(normal_prefix(root_path)) {
  std::vector<const spec::ApplicationRoutes*> sorted;
  for (const spec::ApplicationRoutes& application : snapshot.applications)
    if (!application.ingress.empty()) sorted.push_back(&application);
  std::ranges::stable_sort(sorted, std::greater{}, [](const auto* a) { return normal_prefix(a->route_prefix).size(); });
  for (const auto* application : sorted) {
    applications_.push_back({normal_prefix(application->route_prefix), {}});
    owners_.emplace(applications_.back().prefix, applications_.size() - 1);
  }
  for (const auto* application : sorted) add_application(*application, find_deployment(snapshot, *application));
  for (auto& application : applications_)
    std::ranges::stable_sort(application.patterns, [](const Pattern& a, const Pattern& b) {
      return a.pattern.more_specific_than(b.pattern);
    });
  for (std::size_t i = 0; i < routes_.size(); ++i) routes_[i].index = i;
}

void RouteTable::add_application(const spec::ApplicationRoutes& routes, const spec::ReplicaSet* ingress) {
  const auto prefix = normal_prefix(routes.route_prefix);
  const auto index =
      static_cast<std::size_t>(std::ranges::find(applications_, prefix, &Application::prefix) - applications_.begin());
  const Route base{.application = routes.application, .deployment = routes.ingress};
  for (const auto& declared : routes.routes) {
    const spec::MethodSpec unknown{.name = declared.method};
    const auto* method = find_method(ingress, declared.method);
    add(index, {verbs_of(declared), 0, true}, declared.path, for_method(base, method ? *method : unknown));
  }
  if (ingress)
    for (const auto& method : ingress->methods) add_default_routes(index, base, method);
  if (!routes.openapi->empty()) {
    Route document = base;
    document.document = routes.openapi;
    Route page = base;
    page.document = shared_docs_page();
    page.document_type = "text/html; charset=utf-8";
    add(index, {kGetOrHead, 0, false}, "/openapi.json", std::move(document));
    add(index, {kGetOrHead, 0, false}, "/docs", std::move(page));
  }
}

void RouteTable::add_default_routes(std::size_t application, Route base, const spec::MethodSpec& method) {
  const VerbSet verbs = method.raw_http ? kAnyVerb : verb_bit(Verb::Post);
  add(application, {verbs, 0, false}, "/" + method.name, for_method(base, method));
  if (method.name != "call") return;
  add(application, {static_cast<VerbSet>(verbs | kGetOrHead), 0, false}, "/", for_method(base, method));
  if (method.raw_http) add(application, {kAnyVerb, 0, false}, "/*", for_method(base, method));
}

void RouteTable::add(std::size_t application, Entry entry, std::string_view path, Route route) {
  Application& owning = applications_[application];
  if (path.empty()) path = "/";
  route.pattern = path == "/" && !owning.prefix.empty() ? owning.prefix : owning.prefix + std::string(path);
  entry.route = routes_.size();
  const RoutePattern pattern(path);
  if (pattern.is_exact()) {
    if (owner(route.pattern) != &owning) return;  // a longer prefix hides this path
    exact_[route.pattern].push_back(entry);
  } else {
    owning.patterns.push_back({pattern, entry});
    has_declared_patterns_ = has_declared_patterns_ || entry.declared;
  }
  routes_.push_back(std::move(route));
}

const RouteTable::Application* RouteTable::owner(std::string_view path) const {
  if (applications_.empty()) return nullptr;
  const std::size_t longest = applications_.front().prefix.size();
  std::size_t end = path.size() <= longest ? path.size() : path.rfind('/', longest);
  while (end != std::string_view::npos) {
    const auto found = owners_.find(path.substr(0, end));
    if (found != owners_.end()) return &applications_[found->second];
    end = end == 0 ? std::string_view::npos : path.rfind('/', end - 1);
  }
  return nullptr;
}

std::string_view RouteTable::without_root(std::string_view path) const {
  if (root_path_.empty() || !below(path, root_path_)) return path;
  path.remove_prefix(root_path_.size());
  return path.empty() ? "/" : path;
}

// Declared routes stand before the others of a path.
const RouteTable::Entry* RouteTable::find_exact(std::string_view path, Verb verb, VerbSet& allow) const {
  const auto entries = exact_.find(path);
  if (entries == exact_.end()) return nullptr;
  for (const Entry& entry : entries->second) {
    if (entry.verbs & verb_bit(verb)) return &entry;
    allow |= entry.verbs;
  }
  return nullptr;
}

RouteMatch RouteTable::match(Verb verb, std::string_view path) const {
  path = without_root(path);
  RouteMatch result;
  const Entry* found = find_exact(path, verb, result.allow);
  if (found && (found->declared || !has_declared_patterns_)) return {&routes_[found->route], result.allow};
  const Application* application = owner(path);
  if (!application) return result;
  std::string_view rest = path.substr(application->prefix.size());
  if (rest.empty()) rest = "/";
  if (!found && rest == "/" && !application->prefix.empty() && path.ends_with('/'))
    found = find_exact(application->prefix, verb, result.allow);
  for (const Pattern& candidate : application->patterns) {
    const Entry& entry = candidate.entry;
    if (found && (found->declared || !entry.declared)) continue;
    if (!candidate.pattern.matches(rest)) continue;
    if (!(entry.verbs & verb_bit(verb)))
      result.allow |= entry.verbs;
    else
      return {&routes_[entry.route], result.allow};
  }
  if (found) result.route = &routes_[found->route];
  return result;
}

}  // namespace manta::ingress
