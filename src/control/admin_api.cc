#include "control/admin_api.h"

#include <utility>

#include <boost/describe/class.hpp>

#include "control/admin_reply.h"
#include "control/artifact_endpoint.h"
#include "control/details.h"
#include "control/event_stream.h"
#include "control/load_endpoint.h"
#include "control/node_report.h"
#include "control/traffic_endpoint.h"
#include "spec/import_path.h"
#include "spec/parse_config.h"

namespace manta::control {

namespace {

// As tools of Ray Serve ask for it, and with what tells Manta from Ray, whose dashboard answers here too.
struct VersionPage {
  std::string version = "4", ray_version = "2.60.0", ray_commit, session_name = "manta", manta_version;
};
BOOST_DESCRIBE_STRUCT(VersionPage, (), (version, ray_version, ray_commit, session_name, manta_version))

}  // namespace

Result<spec::InstanceConfig> read_config(const std::string& body) {
  auto config = spec::parse_config(body, "request body", nullptr);
  if (!config) return config;
  for (std::size_t i = 0; i < config->applications.size(); ++i) {
    const auto path = spec::parse_import_path(config->applications[i].import_path);
    const bool has_file =
        path && path->kind != spec::ImportPath::Kind::Builtin && path->kind != spec::ImportPath::Kind::Python;
    if (has_file && !path->file.starts_with('/'))
      return std::unexpected(
          of_import_path(i, {.code = ErrorCode::InvalidArgument,
                             .message = "import_path '" + config->applications[i].import_path +
                                        "': expected an absolute path; relative ones are resolved by `manta deploy`"}));
  }
  return config;
}

void AdminApi::handle(net::ExchangePtr exchange, Door door) {
  const std::string& target = exchange->request().target;
  const std::string path = target.substr(0, target.find('?'));
  if (path == spec::kLoadPath) return take_load_report(parts_.controller, *exchange, door);
  // Client programs follow the routing snapshots too; they find the instance by its admin port.
  const bool internal = is_trusted(door) || path == "/-/subscribe";
  if (handle_traffic(parts_.controller, exchange, path, is_trusted(door))) return;
  if (handle_applications(exchange, path) || handle_changes(exchange, path) || handle_pages(exchange, path)) return;
  if (internal && handle_internal(exchange, path)) return;
  exchange->respond(error_answer({.code = ErrorCode::NotFound, .message = "the admin API has no " + path}));
}

void AdminApi::disconnected(std::uint64_t connection, Door door) {
  parts_.controller.caller_gone(caller_id(connection, door));
}

bool AdminApi::handle_pages(const net::ExchangePtr& exchange, const std::string& path) {
  if (path == "/api/serve/status")
    exchange->respond(json_answer(parts_.controller.status()));
  else if (path == "/api/serve/details")
    exchange->respond(json_answer(details_of(parts_.controller)));
  else if (path == "/api/serve/nodes")
    exchange->respond(json_answer(nodes_report(parts_.controller)));
  else if (path == "/api/serve/events")
    answer_events(parts_.controller.events(), exchange);
  else if (path == "/api/ray/version")
    exchange->respond(json_answer(VersionPage{.manta_version = parts_.version}));
  else if (path == "/-/healthz")
    exchange->respond(answer(200, "success", "text/plain"));
  else if (path == "/-/metrics")
    exchange->respond(answer(200, parts_.controller.metrics_text(), "text/plain; version=0.0.4; charset=utf-8"));
  else
    return false;
  return true;
}

// Applications stay deployed: the next life of the instance has them again.
void AdminApi::shut_down(const net::ExchangePtr& exchange) {
  exchange->respond(answer(200, "{}"));
  parts_.shut_down_instance();
}

bool AdminApi::handle_internal(const net::ExchangePtr& exchange, const std::string& path) {
  if (path == "/-/subscribe")
    parts_.controller.snapshots().subscribe(exchange);
  else if (path == "/-/status")
    parts_.controller.statuses().subscribe(exchange);
  else if (path.starts_with(kArtifactsPath))
    answer_artifact(parts_.controller.artifacts(), path.substr(kArtifactsPath.size()), exchange);
  else if (path == "/-/stop_all")
    parts_.controller.stop_all([exchange] { exchange->respond(answer(200, "{}")); });
  else if (path == "/-/shut_down")
    shut_down(exchange);
  else
    return false;
  return true;
}

}  // namespace manta::control
