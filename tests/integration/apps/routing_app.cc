// A front that calls workers through a handle, and workers that say who served a request and when: what tests of
// routing, limits and circuit breakers need.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <unistd.h>

#include <manta/manta.h>

struct Work {
  int sleep_ms = 0;
  std::vector<int> failing;  // processes that fail it
};
BOOST_DESCRIBE_STRUCT(Work, (), (sleep_ms, failing))

struct Served {
  int pid = 0;
  int turn = 0;  // how many this process had served before
  int priority = 0;
  std::string tenant, session;
};
BOOST_DESCRIBE_STRUCT(Served, (), (pid, turn, priority, tenant, session))

class Worker {
 public:
  manta::Task<Served> work(Work work) {
    const int turn = turns_++;
    if (work.sleep_ms > 0) co_await manta::sleep(std::chrono::milliseconds(work.sleep_ms));
    const int pid = static_cast<int>(::getpid());
    if (std::ranges::find(work.failing, pid) != work.failing.end()) throw std::runtime_error("told to fail");
    const auto& request = manta::detail::current_request();
    co_return Served{.pid = pid,
                     .turn = turn,
                     .priority = request->priority,
                     .tenant = request->tenant,
                     .session = request->session_id};
  }
  using methods = manta::Methods<manta::idempotent<&Worker::work>>;

 private:
  int turns_ = 0;
};

struct Routed {
  Work work;
  std::string policy;  // of this call
};
BOOST_DESCRIBE_STRUCT(Routed, (), (work, policy))

class Front {
 public:
  explicit Front(manta::Handle<Worker> worker) : worker_(std::move(worker)) {}
  manta::Task<Served> work(Work work) { co_return co_await worker_.call<&Worker::work>(work); }
  manta::Task<Served> routed(Routed routed) {
    co_return co_await worker_.with({.policy = routed.policy}).call<&Worker::work>(routed.work);
  }
  using methods = manta::Methods<&Front::work, &Front::routed>;

 private:
  manta::Handle<Worker> worker_;
};

namespace {

manta::DeploymentConfig small(int replicas) {
  return {.num_replicas = replicas, .max_ongoing_requests = 100, .ray_actor_options = {.num_cpus = 0.1}};
}

// Chooses by the first letter of the tenant; throws where it is 'x'.
manta::RoutingFunction by_letter(const std::string&) {
  return [](std::span<const manta::RoutingReplica> replicas, const manta::RoutingRequest& request) -> std::size_t {
    if (request.tenant.starts_with('x')) throw std::runtime_error("no such letter");
    std::vector<std::uint64_t> order;
    for (const auto& replica : replicas) order.push_back(replica.id_hash);
    std::ranges::sort(order);
    const std::size_t letter = request.tenant.empty() ? 0 : static_cast<std::size_t>(request.tenant[0] - 'a');
    const auto chosen = order[letter % order.size()];
    return static_cast<std::size_t>(std::ranges::find(replicas, chosen, &manta::RoutingReplica::id_hash) -
                                    replicas.begin());
  };
}

}  // namespace

manta::Application build(const manta::Args&) { return {.ingress = manta::bind<Worker>().with(small(3))}; }
MANTA_APP(build)

manta::Application build_front(const manta::Args&) {
  return {.ingress = manta::bind<Front>(manta::bind<Worker>().with(small(3))).with(small(1)),
          .routing_policies = {{.name = "by_letter", .make = by_letter}}};
}
MANTA_APP(build_front)
