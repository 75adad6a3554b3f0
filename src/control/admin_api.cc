#include "control/admin_api.h"

#include <utility>

#include <manta/detail/json.h>

#include "control/details.h"
#include "net/wire.h"
#include "spec/error_reply.h"

namespace manta::control {
namespace {

constexpr std::string_view kApplications = "/api/serve/applications/";

net::Response answer(int status, std::string body, std::string_view type = net::wire::kJson) {
  net::Response response{.status = status, .body = std::move(body)};
  response.headers.add("content-type", type);
  return response;
}

net::Response error_answer(const Error& error) {
  return answer(http_status(error), detail::to_json(spec::error_reply(error)).value_or("{}"));
}

template <class T>
net::Response json_answer(const T& value) {
  auto body = detail::to_json(value);
  return body ? answer(200, std::move(*body)) : error_answer(body.error());
}

net::Response method_not_allowed(std::string_view allowed) {
  net::Response response = error_answer({.code = ErrorCode::InvalidArgument,
                                         .message = "method not allowed; use " + std::string(allowed),
                                         .status = 405});
  response.headers.add("allow", allowed);
  return response;
}

std::string path_of(const std::string& target) { return target.substr(0, target.find('?')); }

}  // namespace

void AdminApi::handle(net::ExchangePtr exchange, bool trusted) {
  const std::string path = path_of(exchange->request().target);
  // Client programs follow the routing snapshots too; they find the instance by its admin port.
  const bool internal = trusted || path == "/-/subscribe";
  if (handle_applications(exchange, path) || (internal && handle_internal(exchange, path))) return;
  if (path == "/api/serve/status") {
    exchange->respond(json_answer(parts_.controller.status()));
  } else if (path == "/api/ray/version") {
    exchange->respond(answer(200, R"({"version":"4","ray_version":"2.60.0","ray_commit":"","session_name":"manta"})"));
  } else if (path == "/-/healthz") {
    exchange->respond(answer(200, "success", "text/plain"));
  } else if (path == "/-/metrics") {
    exchange->respond(answer(200, parts_.controller.metrics_text(), "text/plain; version=0.0.4; charset=utf-8"));
  } else {
    exchange->respond(error_answer({.code = ErrorCode::NotFound, .message = "the admin API has no " + path}));
  }
}

bool AdminApi::handle_applications(const net::ExchangePtr& exchange, const std::string& path) {
  const std::string& method = exchange->request().method;
  if (path + "/" == kApplications || path == kApplications) {
    if (method == "GET")
      exchange->respond(json_answer(details_of(parts_.controller)));
    else if (method == "PUT")
      parts_.controller.when_loaded([this, exchange] { tasks_.spawn(deploy(exchange)); });
    else if (method == "DELETE")
      remove(exchange, "");
    else
      exchange->respond(method_not_allowed("GET, PUT, DELETE"));
    return true;
  }
  if (!path.starts_with(kApplications)) return false;
  const std::string name = path.substr(kApplications.size());
  const InstanceDetails details = details_of(parts_.controller);
  const auto found = details.applications.find(name);
  if (method == "DELETE")
    remove(exchange, name);
  else if (method != "GET")
    exchange->respond(method_not_allowed("GET, DELETE"));
  else if (found == details.applications.end())
    exchange->respond(error_answer({.code = ErrorCode::NotFound, .message = "there is no application '" + name + "'"}));
  else
    exchange->respond(json_answer(found->second));
  return true;
}

bool AdminApi::handle_internal(const net::ExchangePtr& exchange, const std::string& path) {
  if (path == "/-/subscribe") {
    parts_.controller.snapshots().subscribe(exchange);
  } else if (path == "/-/status") {
    parts_.controller.statuses().subscribe(exchange);
  } else if (path == "/-/stop_all") {
    parts_.controller.stop_all([exchange] { exchange->respond(answer(200, "{}")); });
  } else {
    return false;
  }
  return true;
}

Task<void> AdminApi::deploy(net::ExchangePtr exchange) {
  auto config = detail::from_json<spec::InstanceConfig>(exchange->request().body);
  if (!config) {
    exchange->respond(error_answer(config.error()));
    co_return;
  }
  const auto deployed = co_await parts_.controller.deploy(std::move(*config));
  if (!deployed) parts_.logger.warn("deploy refused", {{"error", deployed.error().message}});
  exchange->respond(deployed ? answer(200, "") : error_answer(deployed.error()));
}

// Deleting everything ends the instance once all replicas have gone, as `shutdown` does elsewhere.
void AdminApi::remove(const net::ExchangePtr& exchange, const std::string& name) {
  const auto removed = name.empty() ? parts_.controller.delete_all() : parts_.controller.delete_application(name);
  exchange->respond(removed ? answer(200, "") : error_answer(removed.error()));
  if (removed && name.empty()) parts_.controller.when_empty(parts_.shut_down_instance);
}

}  // namespace manta::control
