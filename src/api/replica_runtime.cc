#include "api/replica_runtime.h"

#include <chrono>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "api/custom_policies.h"
#include "api/deployment_servable.h"
#include "api/graph.h"
#include "api/handle_callers.h"
#include "api/neighbours.h"
#include "replica/compute_pool.h"
#include "replica/replica_server.h"
#include "routing/load_reporter.h"
#include "routing/subscription.h"

namespace manta::api {
namespace {

// A health check and each of the two functions that record statistics can hang; where_am_i can always be answered.
constexpr int kAsideThreads = 4;

std::uint64_t random_seed() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32U | device();
}

net::ServerOptions server_options(const net::PeerSecurityPtr& security) {
  return {.internal = true, .check_peer_uid = true, .security = security};
}

// Where the number of replicas follows the load, the load is told sooner.
Duration load_report_pause(const DeploymentConfig& config) {
  return std::chrono::milliseconds(config.autoscaling_config ? 50 : 500);
}

Result<GraphNode> find_node(const Graph& graph, const ReplicaIdentity& identity) {
  const GraphNode* node = graph.find(identity.deployment);
  if (!node)
    return fail(ErrorCode::InvalidArgument, "build() made no deployment '" + identity.deployment +
                                                "' this time: it must return the same graph for the same arguments");
  if (!identity.fingerprint.empty() && node->fingerprint != identity.fingerprint)
    return fail(ErrorCode::InvalidArgument,
                "build() made another '" + identity.deployment +
                    "' than when it was deployed: it must return the same graph for the same arguments");
  return *node;
}

// Its deployment as the neighbours of one replica know it before the controller has told more.
spec::ReplicaSet set_of_one(const ReplicaIdentity& identity) {
  const DeploymentConfig& config = identity.config;
  return {.application = identity.application,
          .deployment = identity.deployment,
          .replicas = {{.id = identity.id,
                        .address = "here",
                        .node_id = identity.node_id,
                        .max_ongoing_requests = config.max_ongoing_requests}},
          .max_queued_requests = config.max_queued_requests,
          .backpressure_status_code = config.backpressure_status_code,
          .backpressure_retry_after_s = config.backpressure_retry_after_s,
          .request_timeout_s = config.request_timeout_s,
          .router = config.request_router_config,
          .admission = config.admission,
          .circuit_breaker = config.circuit_breaker,
          .methods = {}};
}

}  // namespace

struct ReplicaRuntime::Impl {
  Impl(Loop& l, Metrics& metrics, Logger& logger, ReplicaRuntimeOptions given)
      : loop(l),
        options(std::move(given)),
        strand(std::make_shared<Strand>(loop)),
        compute({.threads = options.identity.config.compute_threads}),
        dispatchers(
            {.loop = loop,
             .metrics = metrics,
             .logger = logger,
             .connect = options.connect ? options.connect
                                        : [this](const spec::ReplicaAddress& to) { return connect(to.address); },
             .seed = random_seed(),
             .handle = options.identity.deployment,
             .node_id = options.identity.node_id,
             .handle_source = "REPLICA",
             .make_connection =
                 [this](const spec::ReplicaAddress& to, routing::ReplicaConnection::Events events) {
                   return neighbours.connect(to, std::move(events));
                 }},
            options.queue_counts ? *options.queue_counts : counts),
        names(loop),
        callers(strand, dispatchers, names,
                {.application = options.identity.application,
                 .deployment = options.identity.deployment,
                 .request_timeout_s = options.identity.config.request_timeout_s},
                &neighbours),
        scope{.context = {.application = options.identity.application,
                          .deployment = options.identity.deployment,
                          .replica = options.identity.id,
                          .node_id = options.identity.node_id,
                          .config = options.identity.config,
                          .rank = options.identity.rank,
                          .world_size = options.identity.world_size,
                          .node_rank = options.identity.node_rank,
                          .local_rank = options.identity.local_rank,
                          .gang_id = options.identity.gang_id,
                          .gang_epoch = options.identity.gang_epoch},
              .strand = strand,
              .compute = compute,
              .metrics = metrics,
              .logger = logger,
              .caller = [this](std::string application,
                               std::string deployment) { return callers.named(application, deployment); },
              .environment = options.environment,
              .aside = &aside,
              .models =
                  [this](const void* owner, std::vector<std::string> model_ids) {
                    strand->post([this, open = strand, owner, ids = std::move(model_ids)]() mutable {
                      if (open->tasks()) set_models(owner, std::move(ids));
                    });
                  },
              .nobody = options.shares_loop ? std::make_shared<RequestContext>() : nullptr},
        server(loop, compute, metrics, logger, budget,
               {.application = options.identity.application,
                .deployment = options.identity.deployment,
                .id = options.identity.id,
                .config = options.identity.config,
                .server = server_options(options.security),
                .load_report = load_report_pause(options.identity.config),
                .aside = &aside,
                .nobody = scope.nobody},
               [this] { return make(); }) {
    if (scope.nobody) scope.nobody->replica = &scope;
    if (!options.controller_address.empty()) {
      subscription.emplace(loop, metrics, logger, [this] { return connect(options.controller_address); });
      subscription->on_snapshot([this](const spec::RoutingSnapshot& snapshot) { update(snapshot); });
      load_reporter.emplace(loop, logger, counts, [this] { return connect(options.controller_address); });
    }
  }

  std::unique_ptr<net::Channel> connect(const std::string& address) {
    auto parsed = net::Address::parse(address);
    if (!parsed) return nullptr;
    return std::make_unique<net::Channel>(loop, std::move(*parsed), net::ChannelOptions{.security = options.security},
                                          budget);
  }

  ~Impl() {
    scope.batchers->close();
    compute.stop();
    aside.stop();
    strand->close();
  }

  void update(const spec::RoutingSnapshot& snapshot) {
    neighbours.empty() ? update_all(snapshot) : update_all(neighbours.keep_here(snapshot));
  }
  void update_all(const spec::RoutingSnapshot& snapshot) {
    dispatchers.update(snapshot);
    names.update(snapshot);
    if (load_reporter) load_reporter->update(snapshot);
  }

  // Of one Multiplexed; the replica has those of all.
  void set_models(const void* owner, std::vector<std::string> model_ids) {
    models[owner] = std::move(model_ids);
    std::set<std::string> all;
    for (const auto& [of, ids] : models) all.insert(ids.begin(), ids.end());
    server.set_models({all.begin(), all.end()});
  }

  // On a compute thread.
  Result<std::unique_ptr<replica::Servable>> make() {
    auto made = options.graph();
    if (!made) return std::unexpected(std::move(made.error()));
    graph = std::move(*made);
    strand->post([this, open = strand, policies = custom_policies(graph.routing_policies)]() mutable {
      if (open->tasks()) dispatchers.use_custom_policies(std::move(policies));
    });
    auto node = find_node(graph, options.identity);
    if (!node) return std::unexpected(std::move(node.error()));
    GraphHandles handles(graph, options.identity.application, callers);
    return std::make_unique<DeploymentServable>(options.fake ? options.fake : node->node, handles, scope,
                                                options.identity.version);
  }

  Loop& loop;
  ReplicaRuntimeOptions options;
  net::ReceiveBudget budget;
  routing::QueueCounts counts;
  std::shared_ptr<Strand> strand;
  replica::ComputePool compute;
  replica::ComputePool aside{{.threads = kAsideThreads, .on_demand = true}};
  std::map<const void*, std::vector<std::string>> models;  // by Multiplexed
  Neighbours neighbours;
  routing::Dispatchers dispatchers;
  DeploymentNames names;
  HandleCallers callers;
  ReplicaScope scope;
  Graph graph;
  replica::ReplicaServer server;
  std::shared_ptr<const void> alive = std::make_shared<char>();  // ends before the server
  std::optional<routing::LoadReporter> load_reporter;
  std::optional<routing::Subscription> subscription;
};

ReplicaRuntime::ReplicaRuntime(Loop& loop, Metrics& metrics, Logger& logger, ReplicaRuntimeOptions options)
    : impl_(std::make_unique<Impl>(loop, metrics, logger, std::move(options))) {}

ReplicaRuntime::~ReplicaRuntime() = default;

void ReplicaRuntime::start() {
  if (!impl_->scope.nobody) enter_replica(&impl_->scope);
  impl_->neighbours.for_each([this](const spec::ReplicaSet& set) { impl_->dispatchers.expect(set); });
  if (impl_->subscription) impl_->subscription->start();
  impl_->server.start();
}

void ReplicaRuntime::add_neighbour(ReplicaRuntime& neighbour) {
  Impl& other = *neighbour.impl_;
  impl_->neighbours.add(std::make_shared<Neighbour>(Neighbour{.server = &other.server,
                                                              .alive = other.alive,
                                                              .strand = other.strand,
                                                              .set = set_of_one(other.options.identity)}));
}

std::shared_ptr<detail::Caller> ReplicaRuntime::caller_of(const std::string& application,
                                                          const std::string& deployment) {
  return impl_->callers.of(application, deployment);
}

void ReplicaRuntime::share_socket(ReplicaRuntime& neighbour) {
  impl_->server.share_socket(neighbour.impl_->options.identity.deployment, neighbour.impl_->server);
}

void ReplicaRuntime::listen(int fd) { impl_->server.listen(fd); }
void ReplicaRuntime::accept(int fd) { impl_->server.accept(fd); }
void ReplicaRuntime::handle(net::ExchangePtr exchange, std::shared_ptr<RequestContext> context) {
  impl_->server.handle(std::move(exchange), std::move(context));
}
void ReplicaRuntime::update(const spec::RoutingSnapshot& snapshot) { impl_->update(snapshot); }
spec::ReplicaState ReplicaRuntime::state() const { return impl_->server.state(); }
void ReplicaRuntime::on_state(std::function<void(const spec::ReplicaState&)> callback) {
  impl_->server.on_state(std::move(callback));
}
void ReplicaRuntime::drain(std::move_only_function<void()> done) {
  impl_->server.drain([done = std::move(done)](bool) mutable { done(); });
}

}  // namespace manta::api
