// A call through a Dispatcher to a ReplicaServer and back, and the two look-ups that must not grow with what there is.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/task_scope.h"
#include "hot_path.h"
#include "ingress/route_table.h"
#include "raw_client.h"
#include "replica/loop_compute.h"
#include "replica/replica_server.h"
#include "routing/dispatcher.h"
#include "routing/policies/policy_list.h"
#include "routing/replica_slots.h"

namespace manta::counts {
namespace {

class EchoServable final : public replica::Servable {
 public:
  const std::vector<spec::MethodSpec>& methods() const override { return methods_; }
  bool is_coroutine(std::string_view) const override { return true; }
  Task<Result<replica::Reply>> call(replica::Invocation& invocation) override {
    co_return replica::Reply{.body = std::move(invocation.body)};
  }
  Result<replica::Reply> call_blocking(replica::Invocation&) override { return {}; }
  Result<void> check_health() override { return {}; }
  Result<void> reconfigure(const std::string&) override { return {}; }

 private:
  const std::vector<spec::MethodSpec> methods_{{.name = "echo"}};
};

// One replica and who calls it.
struct Pair {
  VirtualClock clock;
  Loop loop{clock};
  Metrics metrics;
  Logger logger{{.component = "counts", .level = LogLevel::Error, .async = false}};
  net::ReceiveBudget budget;
  replica::LoopCompute compute{loop};
  std::unique_ptr<replica::ReplicaServer> server;
  std::unique_ptr<routing::Dispatcher> dispatcher;
  TaskScope scope{loop};

  Pair() {
    replica::ReplicaOptions options{.application = "app", .deployment = "D", .id = "1"};
    options.config.max_ongoing_requests = 100;
    server = std::make_unique<replica::ReplicaServer>(loop, compute, metrics, logger, budget, options,
                                                      [] { return std::make_unique<EchoServable>(); });
    server->start();
    const routing::RouterEnvironment environment{.loop = loop,
                                                 .metrics = metrics,
                                                 .logger = logger,
                                                 .connect = [this](const auto&) { return connect(); },
                                                 .handle = "counts"};
    dispatcher =
        std::make_unique<routing::Dispatcher>(environment, "app", "D", std::make_shared<routing::QueueCount>());
    dispatcher->update({.replicas = {{.id = "1", .max_ongoing_requests = 100}}});
    loop.poll();
  }
  ~Pair() { scope.cancel_all(); }

  std::unique_ptr<net::Channel> connect() {
    const auto [ours, theirs] = socket_pair();
    server->accept(theirs);
    return std::make_unique<net::Channel>(loop, ours, net::ChannelOptions{}, budget);
  }
};

Task<void> one_call(routing::Dispatcher& dispatcher, std::shared_ptr<const std::string> body,
                    std::shared_ptr<RequestContext> context, std::shared_ptr<bool> answered) {
  auto response = co_await dispatcher.call({.method = "echo", .body = std::move(body), .context = std::move(context)});
  *answered = response && response->body.size() == 200;
}

HotPath dispatch() {
  return {.name = "dispatch", .set_up = [] {
            return [pair = std::make_shared<Pair>(), body = std::make_shared<const std::string>(200, 'x')] {
              auto context = std::make_shared<RequestContext>();
              context->request_id = "0123456789abcdef0123456789abcdef";
              context->deadline = pair->clock.now() + std::chrono::seconds(30);
              const auto answered = std::make_shared<bool>(false);
              pair->scope.spawn(one_call(*pair->dispatcher, body, std::move(context), answered));
              pair->loop.poll();
              require(*answered, "the call was not answered");
            };
          }};
}

// A request is placed and another one ends, with half of the places taken.
struct Places {
  static constexpr std::size_t kReplicas = 1000;
  static constexpr TimePoint kNow{std::chrono::hours(1)};

  routing::ReplicaSlots slots;
  routing::Policy policy = std::move(*routing::make_policy("power_of_two"));
  routing::Rng rng{1};
  std::vector<std::shared_ptr<routing::ReplicaSlot>> running{kReplicas * 5 / 2};
  std::size_t at = 0;

  Places() {
    for (std::size_t i = 0; i < kReplicas; ++i) {
      auto slot = std::make_shared<routing::ReplicaSlot>();
      slot->key = i + 1;
      slot->address.max_ongoing_requests = 5;
      slots.set_connected(slots.add(std::move(slot)), true);
    }
  }
  void turn() {
    auto slot = slots.pick(policy, {.now = kNow}, {}, 1, rng);
    require(slot != nullptr, "no replica was picked");
    slots.take(*slot, 0);
    if (running[at]) slots.release(*running[at]);
    running[at] = std::move(slot);
    at = at + 1 == running.size() ? 0 : at + 1;
  }
};

HotPath pick() {
  return {.name = "pick_of_1000_replicas", .runs = 10'000, .set_up = [] {
            return [places = std::make_shared<Places>()] { places->turn(); };
          }};
}

// Applications with ten routes each.
spec::RoutingSnapshot routes(int applications) {
  spec::RoutingSnapshot snapshot;
  for (int i = 0; i < applications; ++i) {
    const std::string name = "application-" + std::to_string(i);
    spec::ReplicaSet set{.application = name, .deployment = "Front"};
    for (int k = 0; k < 9; ++k) set.methods.push_back({.name = "method_" + std::to_string(k)});
    snapshot.applications.push_back(spec::ApplicationRoutes{.application = name,
                                                            .route_prefix = "/" + name,
                                                            .ingress = "Front",
                                                            .routes = {{"GET", "/items/{id}", "method_0"}}});
    snapshot.deployments.push_back(std::move(set));
  }
  return snapshot;
}

HotPath match(std::string name, std::string path, std::string method) {
  return {.name = std::move(name), .runs = 5'000, .set_up = [path, method] {
            const auto verb = method == "method_0" ? ingress::Verb::Get : ingress::Verb::Post;
            return [table = std::make_shared<ingress::RouteTable>(routes(1000), ""), path, method, verb] {
              const auto found = table->match(verb, path);
              require(found.route && found.route->method == method, "the route was not found");
            };
          }};
}

}  // namespace

std::vector<HotPath> routing_paths() {
  return {dispatch(), pick(), match("route_of_10000", "/application-617/method_5", "method_5"),
          match("route_pattern_of_10000", "/application-617/items/42", "method_0")};
}

}  // namespace manta::counts
