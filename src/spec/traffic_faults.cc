#include "spec/traffic_faults.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "codec/nearest.h"
#include "spec/checks.h"
#include "spec/routing_policy.h"

namespace manta::spec {
namespace {

void check_split(Checks& checks, const TrafficRule& rule) {
  std::set<std::string_view> names;
  double sum = 0;
  for (std::size_t i = 0; i < rule.split.size(); ++i) {
    const TrafficTarget& target = rule.split[i];
    const std::string place = element("split", i);
    checks.name(target.deployment, place + ".deployment");
    checks.require(names.insert(target.deployment).second, place + ".deployment",
                   "'" + target.deployment + "' is given twice");
    checks.between(target.weight, 0, 1e9, place + ".weight");
    sum += std::max(0.0, target.weight);
  }
  checks.require(rule.split.empty() || sum > 0, "split", "at least one weight above 0 is needed");
  checks.require(!rule.split.empty() || rule.shadow, "split", "needed: the deployments and their weights, or a shadow");
}

void check_shadow(Checks& checks, const TrafficRule& rule) {
  const TrafficShadow& shadow = *rule.shadow;
  checks.name(shadow.deployment, "shadow.deployment");
  checks.between(shadow.percent, 0, 100, "shadow.percent");
  checks.at_least(shadow.max_in_flight, 1, "shadow.max_in_flight");
  checks.at_least(shadow.max_body_bytes, 0, "shadow.max_body_bytes");
  checks.above(shadow.timeout_s, 0, "shadow.timeout_s");
  checks.require(std::ranges::find(rule.split, shadow.deployment, &TrafficTarget::deployment) == rule.split.end(),
                 "shadow.deployment",
                 "'" + shadow.deployment + "' is a target of the split: copies would slow clients");
}

void check_promotion(Checks& checks, const TrafficRule& rule) {
  const TrafficPromotion& promotion = *rule.promote;
  double others = 0;
  for (const TrafficTarget& target : rule.split)
    if (target.deployment != promotion.to) others += target.weight;
  checks.require(std::ranges::find(rule.split, promotion.to, &TrafficTarget::deployment) != rule.split.end(),
                 "promote.to", "'" + promotion.to + "' is no target of the split");
  checks.require(others > 0, "promote.to", "another target needs a weight above 0: what a rollback goes back to");
  checks.require(!promotion.steps.empty(), "promote.steps", "at least one percentage is needed");
  for (std::size_t i = 0; i < promotion.steps.size(); ++i) {
    const double before = i == 0 ? 0 : promotion.steps[i - 1];
    checks.require(promotion.steps[i] > before && promotion.steps[i] <= 100, element("promote.steps", i),
                   "expected more than " + number_text(before) + " and at most 100");
  }
  checks.at_least(promotion.hold_s, 0, "promote.hold_s");
  checks.at_least(promotion.min_requests, 1, "promote.min_requests");
  checks.between(promotion.max_error_rate, 0, 1, "promote.max_error_rate");
  checks.at_least(promotion.max_latency_ratio, 0, "promote.max_latency_ratio");
  checks.require(promotion.latency_quantile > 0 && promotion.latency_quantile < 1, "promote.latency_quantile",
                 "expected more than 0 and less than 1");
  checks.require(promotion.on_failure == "rollback" || promotion.on_failure == "hold", "promote.on_failure",
                 "expected rollback or hold, found '" + promotion.on_failure + "'");
}

std::vector<Fault> faults_of(const TrafficRule& rule) {
  Checks checks;
  const std::string_view route = rule.route;
  checks.require(route.starts_with('/') && (route.size() == 1 || !route.ends_with('/')) &&
                     route.find_first_of("{}*?# ") == std::string_view::npos,
                 "route", "expected a path like /chat, below the route prefix, without patterns");
  const std::string_view sticky = rule.sticky;
  checks.require(sticky == "none" || sticky == "session" || sticky == "tenant" ||
                     (sticky.starts_with("header:") && sticky.size() > std::string_view("header:").size()),
                 "sticky", "expected none, session, tenant or header:<name>, found '" + rule.sticky + "'");
  check_split(checks, rule);
  if (rule.shadow) check_shadow(checks, rule);
  if (rule.promote) check_promotion(checks, rule);
  return checks.take();
}

const MethodSpec* method_of(const NodeSpec& node, std::string_view name) {
  const auto found = std::ranges::find(node.methods, name, &MethodSpec::name);
  return found == node.methods.end() ? nullptr : &*found;
}

// Empty: it can stand in for the ingress.
std::string target_fault(const ApplicationGraph& graph, const std::string& name) {
  const auto named = [](const ApplicationGraph& in, const std::string& wanted) {
    return std::ranges::find(in.nodes, wanted, &NodeSpec::name);
  };
  const auto node = named(graph, name), ingress = named(graph, graph.ingress);
  if (node == graph.nodes.end() && name.find('/') != std::string::npos)
    return "'" + name +
           "': a rule divides requests within its application; `import_path: builtin:ab_router` divides "
           "them between deployments of several";
  if (node == graph.nodes.end()) {
    std::vector<std::string_view> known;
    for (const NodeSpec& other : graph.nodes) known.push_back(other.name);
    return "the application has no deployment '" + name + "'" + codec::suggestion(name, known) +
           " (Application::variants names deployments that no other one calls)";
  }
  if (ingress == graph.nodes.end()) return {};
  for (const MethodSpec& method : ingress->methods) {
    const MethodSpec* same = method_of(*node, method.name);
    if (same == nullptr)
      return "'" + name + "' has no method '" + method.name + "', which '" + graph.ingress + "' answers";
    if (same->raw_http != method.raw_http)
      return "method '" + method.name + "' takes the raw request in one of '" + name + "' and '" + graph.ingress +
             "' only";
  }
  const auto policy = read_routing_policy(node->config.request_router_config);
  if (policy && !policy->custom.empty())
    return "'" + name + "' is called by the HTTP proxy, which runs no policies of applications: name a built-in one";
  return {};
}

}  // namespace

std::vector<Fault> traffic_faults(const std::vector<TrafficRule>& rules) {
  Checks checks;
  std::set<std::string_view> routes;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string place = element("traffic", i);
    checks.nested(faults_of(rules[i]), place);
    checks.require(routes.insert(rules[i].route).second, place + ".route",
                   "another rule has the route '" + rules[i].route + "' too");
  }
  return checks.take();
}

std::vector<Fault> traffic_faults(const std::vector<TrafficRule>& rules, const ApplicationGraph& graph) {
  Checks checks;
  const auto check = [&](const std::string& name, const std::string& place) {
    const std::string fault = target_fault(graph, name);
    checks.require(fault.empty(), place, fault);
  };
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const std::string place = element("traffic", i);
    for (std::size_t k = 0; k < rules[i].split.size(); ++k)
      check(rules[i].split[k].deployment, element(place + ".split", k) + ".deployment");
    if (rules[i].shadow) check(rules[i].shadow->deployment, place + ".shadow.deployment");
  }
  return checks.take();
}

}  // namespace manta::spec
