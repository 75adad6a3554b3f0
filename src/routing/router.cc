#include "routing/router.h"

#include <utility>

#include "routing/router_core.h"

namespace manta::routing {
namespace {

// Suspends until the waiter has left the queue.
struct Wait {
  std::shared_ptr<RouterCore> core;
  Waiter& waiter;
  bool parked = false;

  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> handle) {
    waiter.resumption = detail::Resumption(handle);
    if (auto error = core->enqueue(waiter)) {
      waiter.result = std::unexpected(std::move(*error));
      return false;
    }
    parked = true;
    return true;
  }
  void await_resume() { parked = false; }
  ~Wait() {
    if (parked) core->abandon(waiter);
  }
};

Task<Result<Lease>> wait_for_place(std::shared_ptr<RouterCore> core, RequestInfo request) {
  Waiter waiter{.request = std::move(request)};
  co_await Wait{std::move(core), waiter};
  co_return std::move(*waiter.result);
}

}  // namespace

Router::Router(const RouterEnvironment& environment, std::string application, std::string deployment,
               std::shared_ptr<QueueCount> queued, RouterOptions options)
    : core_(std::make_shared<RouterCore>(environment, std::move(application), std::move(deployment), std::move(queued),
                                         std::move(options))) {}

Router::~Router() { core_->close(); }

std::optional<Error> Router::admit(const RequestInfo& request) { return core_->admit(request); }
Task<Result<Lease>> Router::acquire(RequestInfo request) { return wait_for_place(core_, std::move(request)); }
Lease Router::try_acquire(const RequestInfo& request, TimePoint now) { return core_->try_acquire(request, now); }
TimePoint Router::now() const { return core_->now(); }
std::uint64_t Router::next_arrival() { return core_->next_arrival(); }
void Router::update(const spec::ReplicaSet& set) { core_->update(set); }
void Router::use_custom_policies(CustomPolicies policies) { core_->use_custom_policies(std::move(policies)); }
const spec::ReplicaSet& Router::replica_set() const { return core_->set(); }
std::size_t Router::queued() const { return core_->queued(); }
std::size_t Router::in_flight() const { return core_->in_flight(); }
std::size_t Router::usable() const { return core_->usable(); }

}  // namespace manta::routing
