// Admin REST: what a deploy would change, what was deployed before, and numbers of replicas.
#include <optional>
#include <string_view>
#include <utility>

#include <boost/describe/class.hpp>

#include "base/of_seconds.h"
#include "control/admin_api.h"
#include "control/admin_reply.h"

namespace manta::control {
namespace {

struct RollbackRequest {
  std::optional<std::int64_t> revision;
};
BOOST_DESCRIBE_STRUCT(RollbackRequest, (), (revision))

struct ScaleRequest {
  int target_num_replicas = -1;
};
BOOST_DESCRIBE_STRUCT(ScaleRequest, (), (target_num_replicas))

struct DrainRequest {
  std::string replica, node;
  bool undo = false;      // of a node
  double deadline_s = 0;  // from now on: replicas have ended by then, replaced or not; 0: they wait for replacement
};
BOOST_DESCRIBE_STRUCT(DrainRequest, (), (replica, node, undo, deadline_s))

Result<void> check_drain(const DrainRequest& request) {
  if (request.replica.empty() == request.node.empty())
    return fail(ErrorCode::InvalidArgument, "expected `replica` or `node`, one of them");
  if (request.undo && request.node.empty())
    return fail(ErrorCode::InvalidArgument, "the drain of a replica cannot be undone: its replacement has begun",
                "$.undo");
  if (!(request.deadline_s >= 0) || (request.undo && request.deadline_s > 0))
    return fail(ErrorCode::InvalidArgument, "expected seconds from now, without `undo`; 0 = as long as it takes",
                "$.deadline_s");
  return {};
}

struct DeploymentPath {
  std::string application, deployment;
};

// "/api/v1/applications/{application}/deployments/{deployment}/scale"
std::optional<DeploymentPath> scale_path(std::string_view path) {
  constexpr std::string_view kBegin = "/api/v1/applications/", kMiddle = "/deployments/", kEnd = "/scale";
  const std::size_t middle = path.find(kMiddle);
  if (!path.starts_with(kBegin) || !path.ends_with(kEnd) || middle == path.npos || middle < kBegin.size())
    return std::nullopt;
  const std::size_t name = middle + kMiddle.size();
  if (name > path.size() - kEnd.size()) return std::nullopt;
  return DeploymentPath{std::string(path.substr(kBegin.size(), middle - kBegin.size())),
                        std::string(path.substr(name, path.size() - kEnd.size() - name))};
}

}  // namespace

bool AdminApi::handle_changes(const net::ExchangePtr& exchange, const std::string& path) {
  const bool post = exchange->request().method == "POST";
  const auto scaled = scale_path(path);
  const bool is_history = path == "/api/serve/history";
  if (!is_history && path != "/api/serve/plan" && path != "/api/serve/rollback" && path != "/api/serve/drain" &&
      !scaled)
    return false;
  if (is_history ? exchange->request().method != "GET" : !post)
    exchange->respond(method_not_allowed(is_history ? "GET" : "POST"));
  else if (is_history)
    history(exchange);
  else if (scaled)
    scale(exchange, scaled->application, scaled->deployment);
  else if (path == "/api/serve/rollback")
    rollback(exchange);
  else if (path == "/api/serve/drain")
    drain(exchange);
  else
    parts_.controller.when_loaded([this, exchange] { tasks_.spawn(plan(exchange)); });
  return true;
}

Task<void> AdminApi::plan(net::ExchangePtr exchange) {
  auto config = read_config(exchange->request().body);
  if (!config) {
    exchange->respond(error_answer(config.error()));
    co_return;
  }
  const auto planned = co_await parts_.controller.plan(std::move(*config));
  exchange->respond(planned ? json_answer(*planned) : error_answer(planned.error()));
}

void AdminApi::history(const net::ExchangePtr& exchange) {
  const auto revisions = parts_.controller.history();
  exchange->respond(revisions ? json_answer(*revisions) : error_answer(revisions.error()));
}

void AdminApi::rollback(const net::ExchangePtr& exchange) {
  const std::string& body = exchange->request().body;
  const auto request = detail::from_json<RollbackRequest>(body.empty() ? "{}" : body);
  if (!request) return exchange->respond(error_answer(request.error()));
  const auto done = parts_.controller.rollback(request->revision, who_asks(exchange->request()));
  exchange->respond(done ? answer(200, "") : error_answer(done.error()));
}

void AdminApi::drain(const net::ExchangePtr& exchange) {
  const auto request = detail::from_json<DrainRequest>(exchange->request().body);
  if (!request) return exchange->respond(error_answer(request.error()));
  const std::string by = who_asks(exchange->request());
  const Duration time_left = of_seconds(request->deadline_s);
  Result<void> done = check_drain(*request);
  if (done && request->undo)
    done = parts_.controller.undo_drain(request->node, by);
  else if (done && request->replica.empty())
    done = parts_.controller.drain_node(request->node, by, time_left);
  else if (done)
    done = parts_.controller.drain_replica(request->replica, by, time_left);
  exchange->respond(done ? answer(200, "{}") : error_answer(done.error()));
}

void AdminApi::scale(const net::ExchangePtr& exchange, const std::string& application, const std::string& deployment) {
  const auto request = detail::from_json<ScaleRequest>(exchange->request().body);
  if (!request) return exchange->respond(error_answer(request.error()));
  const auto scaled =
      parts_.controller.scale(application, deployment, request->target_num_replicas, who_asks(exchange->request()));
  exchange->respond(scaled ? answer(200, "{}") : error_answer(scaled.error()));
}

}  // namespace manta::control
