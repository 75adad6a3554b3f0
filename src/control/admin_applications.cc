// Admin REST: what is deployed, whole and one application at a time.
#include <algorithm>
#include <map>
#include <utility>

#include "control/admin_api.h"
#include "control/admin_reply.h"
#include "control/details.h"
#include "control/query_value.h"
#include "control/serve_details.h"
#include "spec/config_json.h"
#include "spec/merge_patch.h"
#include "spec/value_places.h"

namespace manta::control {
namespace {

constexpr std::string_view kApplications = "/api/serve/applications/";
constexpr std::string_view kEffective = "/effective";

Error no_such_application(const std::string& name) {
  return {.code = ErrorCode::NotFound, .message = "there is no application '" + name + "'"};
}

// Applications of Ray Serve come from code or from a file; here all come from a configuration.
Result<void> check_api_type(const std::string& kind) {
  if (kind == "imperative" || kind == "declarative") return {};
  return fail(ErrorCode::InvalidArgument, "api_type: expected imperative or declarative, found '" + kind + "'");
}

// The entry of the configuration that made an application, null when there is none of that name. An entry that leaves
// the name to the code has another one.
const spec::ApplicationConfig* entry_of(const Controller& controller, const std::string& name) {
  const auto found = controller.applications().find(name);
  return found == controller.applications().end() || found->second.deleting ? nullptr : &found->second.record->config;
}

// The JSON that deploys `name`: the body of a PUT; of a PATCH, what is deployed with the body merged into it.
Result<std::string> wanted(const net::Request& request, const spec::ApplicationConfig* entry, const std::string& name) {
  if (entry != nullptr)
    if (auto same = check_if_match(request, entity_tag(spec::config_json(*entry))); !same)
      return std::unexpected(std::move(same.error()));
  if (request.method == "PUT") return request.body;
  if (entry == nullptr) return std::unexpected(no_such_application(name));
  return spec::merge_application(spec::config_json(*entry), request.body);
}

// One application as it stands in a file; it may leave out the name that its path gives.
Result<spec::ApplicationConfig> read_application(const std::string& json, const spec::ApplicationConfig* entry,
                                                 const std::string& name) {
  auto config = read_config("{\"applications\":[" + json + "]}");
  if (!config) return std::unexpected(std::move(config.error()));
  spec::ApplicationConfig application = std::move(config->applications.at(0));
  const std::string own = entry != nullptr ? entry->name : name;
  if (application.name != "default" && application.name != name && application.name != own)
    return fail(ErrorCode::InvalidArgument,
                "the body names application '" + application.name + "', the path '" + name + "'", "$.name");
  application.name = own;
  return application;
}

}  // namespace

bool AdminApi::handle_applications(const net::ExchangePtr& exchange, const std::string& path) {
  if (path + "/" != kApplications && !path.starts_with(kApplications)) return false;
  if (path.size() > kApplications.size()) {
    handle_application(exchange, path.substr(kApplications.size()));
    return true;
  }
  const std::string& method = exchange->request().method;
  if (method == "GET")
    show_all(exchange);
  else if (method == "PUT")
    parts_.controller.when_loaded([this, exchange] { tasks_.spawn(deploy(exchange)); });
  else if (method == "DELETE")
    remove(exchange, "");
  else
    exchange->respond(method_not_allowed("GET, PUT, DELETE"));
  return true;
}

void AdminApi::handle_application(const net::ExchangePtr& exchange, const std::string& name) {
  const std::string& method = exchange->request().method;
  if (name.ends_with(kEffective)) return show_effective(exchange, name.substr(0, name.size() - kEffective.size()));
  if (method == "GET")
    show(exchange, name);
  else if (method == "PUT" || method == "PATCH")
    parts_.controller.when_loaded([this, exchange, name] { tasks_.spawn(deploy_one(exchange, name)); });
  else if (method == "DELETE")
    remove(exchange, name);
  else
    exchange->respond(method_not_allowed("GET, PUT, PATCH, DELETE"));
}

void AdminApi::show_all(const net::ExchangePtr& exchange) {
  InstanceDetails details = details_of(parts_.controller);
  std::map<std::string, spec::ApplicationConfig> configs;
  for (const auto& [name, application] : parts_.controller.applications()) configs[name] = application.record->config;
  if (const auto kind = query_value(exchange->request().target, "api_type"); kind && !kind->empty()) {
    if (const auto known = check_api_type(*kind); !known) return exchange->respond(error_answer(known.error()));
    std::erase_if(details.applications, [&](const auto& entry) { return entry.second.source != *kind; });
  }
  net::Response response = json_answer(serve_details(details, configs));
  response.headers.add("etag", entity_tag(spec::config_json(parts_.controller.config())));
  exchange->respond(std::move(response));
}

void AdminApi::show(const net::ExchangePtr& exchange, const std::string& name) {
  const InstanceDetails details = details_of(parts_.controller);
  const auto found = details.applications.find(name);
  if (found == details.applications.end()) return exchange->respond(error_answer(no_such_application(name)));
  net::Response response = json_answer(found->second);
  response.headers.add("etag", entity_tag(found->second.deployed_app_config.text));
  exchange->respond(std::move(response));
}

void AdminApi::show_effective(const net::ExchangePtr& exchange, const std::string& name) {
  if (exchange->request().method != "GET") return exchange->respond(method_not_allowed("GET"));
  const auto found = parts_.controller.applications().find(name);
  if (found == parts_.controller.applications().end())
    return exchange->respond(error_answer(no_such_application(name)));
  exchange->respond(
      json_answer(effective_config(found->second.record, parts_.controller.config(), parts_.controller.scaled(name))));
}

Task<void> AdminApi::deploy(net::ExchangePtr exchange) {
  Result<void> deployed =
      check_if_match(exchange->request(), entity_tag(spec::config_json(parts_.controller.config())));
  if (deployed) {
    auto config = read_config(exchange->request().body);
    if (config)
      deployed = co_await parts_.controller.deploy(std::move(*config), who_asks(exchange->request()));
    else
      deployed = std::unexpected(std::move(config.error()));
  }
  if (!deployed) parts_.logger.warn("deploy refused", {{"error", deployed.error().message}});
  exchange->respond(deployed ? answer(200, "") : error_answer(deployed.error()));
}

// A PATCH changes what it names and nothing else: the code stays that which runs.
Task<void> AdminApi::deploy_one(net::ExchangePtr exchange, std::string name) {
  const net::Request& request = exchange->request();
  const spec::ApplicationConfig* entry = entry_of(parts_.controller, name);
  auto json = wanted(request, entry, name);
  auto application = json ? read_application(*json, entry, name) : std::unexpected(std::move(json.error()));
  if (application && entry != nullptr && request.method == "PATCH") spec::keep_places(*entry, *application);
  Result<void> deployed;
  if (application)
    deployed = co_await parts_.controller.deploy_application(std::move(*application), request.method == "PATCH",
                                                             who_asks(request));
  else
    deployed = std::unexpected(std::move(application.error()));
  if (!deployed) parts_.logger.warn("deploy refused", {{"application", name}, {"error", deployed.error().message}});
  exchange->respond(deployed ? answer(200, "") : error_answer(deployed.error()));
}

// Deleting everything ends the instance once all replicas have gone, as `shutdown` does elsewhere.
void AdminApi::remove(const net::ExchangePtr& exchange, const std::string& name) {
  Result<void> removed;
  if (const auto* entry = entry_of(parts_.controller, name))
    removed = check_if_match(exchange->request(), entity_tag(spec::config_json(*entry)));
  const std::string by = who_asks(exchange->request());
  if (removed)
    removed = name.empty() ? parts_.controller.delete_all(by) : parts_.controller.delete_application(name, by);
  exchange->respond(removed ? answer(200, "") : error_answer(removed.error()));
  if (removed && name.empty()) parts_.controller.when_empty(parts_.shut_down_instance);
}

}  // namespace manta::control
