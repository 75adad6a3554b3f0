#include "ingress/system_pages.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_text.h"
#include "net/wire.h"

namespace manta::ingress {
namespace {

net::Response text_page(int status, std::string text) {
  net::Response page{.status = status, .body = std::move(text)};
  page.headers.add("content-type", "text/plain; charset=utf-8");
  return page;
}

net::Response json_page(int status, std::string json) {
  net::Response page{.status = status, .body = std::move(json)};
  page.headers.add("content-type", net::wire::kJson);
  return page;
}

bool has_replica(const spec::RoutingSnapshot& snapshot) {
  return std::ranges::any_of(snapshot.deployments, [](const spec::ReplicaSet& set) { return !set.replicas.empty(); });
}

// "application 'rag': no running replica of Embed, Llm"
std::string why_not_ready(const spec::RoutingSnapshot& snapshot, const spec::ApplicationRoutes& application) {
  std::string missing;
  for (const spec::ReplicaSet& set : snapshot.deployments) {
    if (set.application != application.application || !set.replicas.empty()) continue;
    missing += (missing.empty() ? "" : ", ") + set.deployment;
  }
  const std::string subject = "application '" + application.application + "': ";
  if (application.ingress.empty()) return subject + "it is being described";
  return subject + (missing.empty() ? "not all of its replicas are running" : "no running replica of " + missing);
}

std::vector<std::string> reasons(const DoorState& state) {
  if (state.draining) return {"this proxy is being drained"};
  if (!state.snapshot) return {"the controller has not been reached yet"};
  if (state.snapshot->applications.empty()) return {"no application is deployed"};
  std::vector<std::string> found;
  for (const spec::ApplicationRoutes& application : state.snapshot->applications)
    if (!application.ready) found.push_back(why_not_ready(*state.snapshot, application));
  return found;
}

}  // namespace

net::Response health_page(const DoorState& state) {
  if (state.draining) return text_page(503, "This node is being drained.");
  if (!state.snapshot) return text_page(503, "Route table is not populated yet.");
  if (!state.is_head && !has_replica(*state.snapshot)) return text_page(503, "No replicas are available yet.");
  return text_page(200, "success");
}

net::Response alive_page() { return json_page(200, R"({"status":"ok"})"); }

net::Response ready_page(const DoorState& state) {
  const auto found = reasons(state);
  if (found.empty()) return json_page(200, R"({"ready":true})");
  std::string json = R"({"ready":false,"waiting_for":[)";
  for (const auto& reason : found) {
    if (json.back() != '[') json += ',';
    json += codec::json_quoted(reason);
  }
  json += "]}";
  net::Response page = json_page(503, std::move(json));
  page.headers.add("retry-after", "1");
  return page;
}

net::Response routes_page(const DoorState& state) {
  if (!state.snapshot) return text_page(503, "Route table is not populated yet.");
  std::string json = "{";
  for (const spec::ApplicationRoutes& application : state.snapshot->applications) {
    if (application.ingress.empty()) continue;
    if (json.size() > 1) json += ',';
    json += codec::json_quoted(application.route_prefix.empty() ? std::string_view("/") : application.route_prefix);
    json += ':';
    json += codec::json_quoted(application.application);
  }
  return json_page(200, json + "}");
}

std::span<const SystemPage> system_pages() {
  static constexpr SystemPage kPages[] = {
      {.path = "/-/healthz", .page = &health_page, .reserved = true, .of_all_loops = true},
      {.path = "/-/routes", .page = &routes_page, .reserved = true, .of_all_loops = false},
      {.path = "/-/metrics", .page = nullptr, .reserved = true, .of_all_loops = false},
      {.path = "/healthz",
       .page = [](const DoorState&) { return alive_page(); },
       .reserved = false,
       .of_all_loops = true},
      {.path = "/ready", .page = &ready_page, .reserved = false, .of_all_loops = false},
  };
  return kPages;
}

}  // namespace manta::ingress
