#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <manta/error.h>
#include <manta/task.h>

#include "base/deadline_heap.h"
#include "routing/lease.h"
#include "routing/request_info.h"

namespace manta::routing {

struct TenantQueue;

// A request that waits for a place; lives in the frame of the coroutine that waits.
struct Waiter {
  RequestInfo request;
  TimePoint since{};
  TimerId timer = 0;
  TenantQueue* tenant = nullptr;        // while it is in a WaitQueue
  std::optional<Result<Lease>> result;  // set when it has left the queue
  detail::Resumption resumption;
};

struct PriorityLevel;

// The waiting requests of one tenant at one priority, oldest first.
struct TenantQueue {
  PriorityLevel* level = nullptr;
  const std::string* name = nullptr;
  double weight = 1;
  double turn = 0;  // virtual time at which its next request is due
  std::map<std::uint64_t, Waiter*> waiting;
};

// One priority. Tenants take turns by start-time fair queueing: a tenant's turn moves on by 1/weight with each of its
// requests that is served, the least turn is next, the older request among equals; one that comes back after having
// waited for nothing starts at the present time, so that nobody saves up turns.
struct PriorityLevel {
  using Order = std::set<std::pair<std::pair<double, std::uint64_t>, TenantQueue*>>;
  int priority = 0;
  double now = 0;
  std::size_t size = 0;
  std::map<std::string, TenantQueue, std::less<>> tenants;
  Order turns;     // of those that wait: (turn, oldest)
  Order backlogs;  // of those that wait: (requests by weight, youngest)
  Order owing;     // that wait for nothing and have had more than their share so far: (turn, 0)
};

// The waiting requests of one router: the higher priority first, then tenants in turn by their weights, then the
// oldest. Adding, removing and finding the next are O(log n). Decisions only: no clock, no counts beyond its own.
class WaitQueue {
 public:
  // Shares of tenants; who is not named has 1. Holds for those that wait already.
  void set_weights(std::map<std::string, double> weights);

  // `request.charged`: its tenant has paid a turn for it, which is given back.
  void add(Waiter& waiter);
  void remove(Waiter& waiter);  // served nothing
  void serve(Waiter& waiter);   // removes it at the cost of a turn of its tenant

  Waiter* next() const;
  // The one to look at when `waiter` cannot be served now. Visits each once from next() on, as long as nothing changes.
  Waiter* after(const Waiter& waiter) const;
  std::vector<Waiter*> all() const;

  // Who leaves a full queue so that `request` can enter; null: nobody, it is turned away itself. That is the youngest
  // request of the tenant with most waiting by its weight, at the lowest priority; of the same priority only if the
  // tenant of `request` has less than that one, or `request` is older and had been let in before.
  Waiter* displaced_by(const RequestInfo& request) const;
  // Requests that go before one of `priority` that enters now, at most: of the first 64 priorities.
  std::size_t ahead_of(int priority) const;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  TenantQueue& tenant_of(const RequestInfo& request);
  double weight_of(const std::string& tenant) const;
  void leave(Waiter& waiter, bool served);
  void tidy(PriorityLevel& level);

  std::map<int, PriorityLevel, std::greater<>> levels_;
  std::map<std::string, double> weights_;
  std::size_t size_ = 0;
};

}  // namespace manta::routing
