#include "runtime/local/agent_server.h"

#include <algorithm>

#include <manta/detail/json.h>

#include "net/items.h"
#include "net/wire.h"
#include "runtime/local/agent_messages.h"
#include "spec/error_reply.h"

namespace manta::runtime {
namespace {

const net::ServerOptions kOptions{.internal = true, .check_peer_uid = true};

net::Response json_response(int status, std::string body) {
  net::Response response{.status = status, .body = std::move(body)};
  response.headers.add("content-type", net::wire::kJson);
  return response;
}

net::Response error_response(const Error& error) {
  return json_response(http_status(error), detail::to_json(spec::error_reply(error)).value_or("{}"));
}

template <class T>
net::Response reply(const Result<T>& value) {
  if (!value) return error_response(value.error());
  auto body = detail::to_json(*value);
  return body ? json_response(200, std::move(*body)) : error_response(body.error());
}

}  // namespace

AgentServer::AgentServer(Loop& loop, NodeAgent& agent, int listen_fd, std::function<void()> on_shutdown)
    : agent_(agent),
      on_shutdown_(std::move(on_shutdown)),
      server_(loop, kOptions, budget_, [this](net::ExchangePtr exchange) { handle(std::move(exchange)); }) {
  agent_.on_exit([this](const ReplicaExit& exit) { publish(exit); });
  server_.listen(listen_fd);
}

void AgentServer::handle(net::ExchangePtr exchange) {
  const net::Request& request = exchange->request();
  const std::string& path = request.target;
  if (path == "/start") {
    auto process = detail::from_json<ReplicaProcess>(request.body);
    exchange->respond(process ? reply(agent_.start(*process)) : error_response(process.error()));
  } else if (path == "/stop") {
    auto stop = detail::from_json<StopRequest>(request.body);
    if (stop) agent_.stop(stop->id, stop->grace_s);
    exchange->respond(stop ? json_response(200, "{}") : error_response(stop.error()));
  } else if (path == "/kill_role") {
    auto kill = detail::from_json<KillRoleRequest>(request.body);
    if (kill) agent_.kill_role(kill->name);
    exchange->respond(kill ? json_response(200, "{}") : error_response(kill.error()));
  } else if (path == "/claim") {
    auto claim = detail::from_json<ClaimRequest>(request.body);
    exchange->respond(claim ? reply(agent_.claim(*claim)) : error_response(claim.error()));
  } else if (path == "/list") {
    exchange->respond(reply(Result<ReplicaList>(ReplicaList{agent_.list()})));
  } else if (path == "/nodes") {
    exchange->respond(reply(Result<NodeList>(NodeList{{agent_.node()}})));
  } else if (path == net::wire::kMetrics) {
    net::Response page{.status = 200, .body = agent_.metrics_text()};
    page.headers.add("content-type", "text/plain; version=0.0.4; charset=utf-8");
    exchange->respond(std::move(page));
  } else if (path == "/watch") {
    watch(std::move(exchange));
  } else if (path == "/shutdown") {
    exchange->respond(json_response(200, "{}"));
    on_shutdown_();
  } else {
    exchange->respond(error_response({.code = ErrorCode::NotFound, .message = "the node agent has no " + path}));
  }
}

void AgentServer::watch(net::ExchangePtr exchange) {
  exchange->start(200, {{"content-type", "application/x-manta-items"}});
  watchers_.push_back(std::move(exchange));
}

void AgentServer::publish(const ReplicaExit& exit) {
  std::erase_if(watchers_, [](const net::ExchangePtr& watcher) { return watcher->closed(); });
  const auto json = detail::to_json(exit);
  if (!json) return;
  std::string item;
  net::append_item(item, *json);
  for (const net::ExchangePtr& watcher : watchers_) watcher->write(item);
}

}  // namespace manta::runtime
