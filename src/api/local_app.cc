#include <chrono>
#include <future>
#include <map>
#include <utility>

#include <manta/testing.h>

#include "api/call_context.h"
#include "api/deployment_servable.h"
#include "api/graph.h"
#include "api/local_http.h"
#include "api/local_replica.h"
#include "api/local_transport.h"
#include "api/strand_caller.h"
#include "codec/nearest.h"

namespace manta::testing {
namespace {

using namespace manta::api;

// The nodes with a fake in the place of each class that has one.
void put_in_fakes(Graph& graph, const std::vector<detail::FakeDeployment>& fakes) {
  for (const detail::FakeDeployment& fake : fakes) {
    for (GraphNode& node : graph.nodes) {
      if (node.node->table->class_name != fake.class_name) continue;
      auto table = std::make_shared<manta::detail::ClassTable>();
      table->class_name = fake.class_name;
      table->methods = fake.methods;
      auto replaced = std::make_shared<manta::detail::Node>(*node.node);
      replaced->table = std::move(table);
      replaced->construct = [](manta::detail::HandleSource&) { return std::shared_ptr<void>(); };
      node.stand_in = std::move(replaced);
    }
  }
}

std::string items_as_text(const std::vector<std::string>& items, bool events) {
  std::string text;
  for (const auto& item : items) text += events ? "data: " + item + "\n\n" : item + "\n";
  return text;
}

bool wants_events(const HttpHeaders& headers) {
  for (const auto& [name, value] : headers)
    if ((name == "accept" || name == "Accept") && value.contains("text/event-stream")) return true;
  return false;
}

}  // namespace

struct LocalApp::Impl {
  Impl(const Graph& g, const LocalAppOptions& options)
      : graph(g),
        logger({.component = "local", .level = options.log ? LogLevel::Info : LogLevel::Error, .async = false}),
        client(clock) {}

  std::shared_ptr<manta::detail::Caller> make_caller(const std::shared_ptr<Strand>& from, const std::string& caller,
                                                     const std::string& name);
  void start(const LocalAppOptions& options);
  void start_one(const GraphNode& node);
  Task<HttpResponse> answer(std::string verb, std::string target, std::string body, HttpHeaders headers);
  Task<HttpResponse> answer_stream(std::shared_ptr<LocalCall> call, LocalReplica& ingress, bool raw, bool events);

  Graph graph;
  spec::ApplicationGraph spec = describe(graph);
  SystemClock clock;
  Metrics metrics;
  Logger logger;
  LoopThread client;
  std::map<std::string, std::unique_ptr<LocalReplica>> replicas;
};

std::shared_ptr<manta::detail::Caller> LocalApp::Impl::make_caller(const std::shared_ptr<Strand>& from,
                                                                   const std::string& caller, const std::string& name) {
  const auto found = replicas.find(name);
  if (found == replicas.end()) {
    std::vector<std::string_view> known;
    for (const auto& [key, replica] : replicas) known.push_back(key);
    throw Exception({ErrorCode::NotFound, "application '" + graph.name + "' has no deployment '" + name + "'" +
                                              codec::suggestion(name, known)});
  }
  return std::make_shared<StrandCaller>(from, std::make_shared<LocalTransport>(from, *found->second),
                                        CallPath{graph.name, caller, graph.name, name});
}

namespace {

// The handles of one deployment's constructor.
class LocalHandles final : public manta::detail::HandleSource {
 public:
  using MakeCaller = std::function<std::shared_ptr<manta::detail::Caller>(const std::string& name)>;
  LocalHandles(const Graph& graph, MakeCaller make) : graph_(graph), make_(std::move(make)) {}
  std::shared_ptr<manta::detail::Caller> caller(const manta::detail::Node& child) override {
    return make_(graph_.find(child)->name);
  }

 private:
  const Graph& graph_;
  MakeCaller make_;
};

}  // namespace

void LocalApp::Impl::start_one(const GraphNode& node) {
  LocalReplica& replica = *replicas.at(node.name);
  auto caller_to = [this, &replica, name = node.name](const std::string& callee) {
    return make_caller(replica.strand(), name, callee);
  };
  auto make = [this, &node, caller_to](const ReplicaScope& scope) -> Result<std::unique_ptr<replica::Servable>> {
    LocalHandles handles(graph, caller_to);
    return std::make_unique<DeploymentServable>(node.stand_in ? node.stand_in : node.node, handles, scope,
                                                node.fingerprint);
  };
  replica.start(std::move(make),
                [caller_to](const std::string&, const std::string& deployment) { return caller_to(deployment); });
}

void LocalApp::Impl::start(const LocalAppOptions& options) {
  for (const GraphNode& node : graph.nodes) {
    ReplicaContext context{.application = graph.name,
                           .deployment = node.name,
                           .replica = graph.name + "#" + node.name + "#local",
                           .node_id = "local",
                           .config = node.node->config};
    context.config.name = node.name;
    replicas.emplace(node.name, std::make_unique<LocalReplica>(clock, metrics, logger, std::move(context)));
  }
  for (const GraphNode& node : graph.nodes) start_one(node);
  const auto timeout = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(options.start_timeout_s));
  for (const GraphNode& node : graph.nodes) value_or_throw(replicas.at(node.name)->wait_until_ready(timeout));
}

LocalApp::LocalApp(Application application, Fakes fakes, LocalAppOptions options) {
  Graph graph = value_or_throw(make_graph(application));
  put_in_fakes(graph, fakes);
  impl_ = std::make_unique<Impl>(graph, options);
  try {
    impl_->start(options);
  } catch (...) {
    close();
    throw;
  }
}

LocalApp::~LocalApp() { close(); }

// Callers before callees.
void LocalApp::close() {
  if (!impl_) return;
  for (auto node = impl_->graph.nodes.rbegin(); node != impl_->graph.nodes.rend(); ++node)
    if (const auto replica = impl_->replicas.find(node->name); replica != impl_->replicas.end())
      replica->second->stop();
}

std::shared_ptr<manta::detail::Caller> LocalApp::caller(std::string_view name) {
  return impl_->make_caller(impl_->client.strand(), "", std::string(name));
}

Task<HttpResponse> LocalApp::Impl::answer_stream(std::shared_ptr<LocalCall> call, LocalReplica& ingress, bool raw,
                                                 bool events) {
  const auto items = call->items = std::make_shared<LocalItems>(ingress.strand(), client.strand());
  call->on_reply = [items](Result<replica::Reply> reply) {
    items->end(reply ? Result<void>() : std::unexpected(std::move(reply.error())));
  };
  ingress.strand()->post([&ingress, call] { ingress.submit(call); });
  std::vector<std::string> collected;
  for (;;) {
    auto reading = items->next();
    Result<std::optional<std::string>> item = co_await reading;
    if (!item) co_return local_response(std::unexpected(std::move(item.error())), call->context->request_id);
    if (!*item) break;
    collected.push_back(std::move(**item));
  }
  if (raw) {
    HttpResponse whole = to_http(items->head());
    for (const auto& bytes : collected) whole.body += bytes;
    co_return whole;
  }
  co_return HttpResponse{.headers = {{"content-type", events ? "text/event-stream" : "application/jsonl"}},
                         .body = items_as_text(collected, events)};
}

Task<HttpResponse> LocalApp::Impl::answer(std::string verb, std::string target, std::string body, HttpHeaders headers) {
  auto call = std::make_shared<LocalCall>();
  call->context = call_context(nullptr, {});
  const std::string path = target.substr(0, target.find('?'));
  const auto method = route_local(spec, verb, path);
  if (!method) co_return local_response(std::unexpected(method.error()), call->context->request_id);
  call->context->route = path;
  call->context->application = graph.name;
  call->method = (*method)->name;
  call->invocation = local_invocation(**method, verb, target, std::move(body), headers);
  LocalReplica& ingress = *replicas.at(spec.ingress);
  if ((*method)->streams) {
    auto streaming = answer_stream(std::move(call), ingress, (*method)->raw_http, wants_events(headers));
    co_return co_await streaming;
  }
  const std::string request_id = call->context->request_id;
  auto calling = call_local(client.strand(), ingress, std::move(call));
  Result<replica::Reply> reply = co_await calling;
  co_return local_response(std::move(reply), request_id);
}

namespace {

Task<void> fulfil(Task<HttpResponse> answering, std::shared_ptr<std::promise<HttpResponse>> promise) {
  promise->set_value(co_await answering);
}

}  // namespace

HttpResponse LocalApp::request(std::string_view verb, std::string_view target, std::string body, HttpHeaders headers) {
  auto promise = std::make_shared<std::promise<HttpResponse>>();
  auto answered = promise->get_future();
  auto answering = impl_->answer(std::string(verb), std::string(target), std::move(body), std::move(headers));
  impl_->client.strand()->post([strand = impl_->client.strand(), promise, answering = std::move(answering)]() mutable {
    strand->tasks()->spawn(fulfil(std::move(answering), std::move(promise)));
  });
  return answered.get();
}

HttpResponse LocalApp::get(std::string_view target, HttpHeaders headers) {
  return request("GET", target, "", std::move(headers));
}

HttpResponse LocalApp::post(std::string_view target, std::string body, HttpHeaders headers) {
  return request("POST", target, std::move(body), std::move(headers));
}

}  // namespace manta::testing
