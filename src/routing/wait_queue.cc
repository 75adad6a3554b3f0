#include "routing/wait_queue.h"

#include <algorithm>

namespace manta::routing {
namespace {

constexpr int kMostLevels = 64;  // looked at to estimate a wait

const std::string kNoTenant;

int priority_of(const RequestInfo& request) { return request.context ? request.context->priority : 0; }
const std::string& tenant_name(const RequestInfo& request) {
  return request.context ? request.context->tenant : kNoTenant;
}

using Ranked = PriorityLevel::Order::value_type;

Ranked turn_of(TenantQueue& tenant) { return {{tenant.turn, tenant.waiting.begin()->first}, &tenant}; }
Ranked backlog_of(TenantQueue& tenant) {
  return {{static_cast<double>(tenant.waiting.size()) / tenant.weight, tenant.waiting.rbegin()->first}, &tenant};
}

void leave_orders(TenantQueue& tenant) {
  if (tenant.waiting.empty()) {
    tenant.level->owing.erase(Ranked{{tenant.turn, 0}, &tenant});
    return;
  }
  tenant.level->turns.erase(turn_of(tenant));
  tenant.level->backlogs.erase(backlog_of(tenant));
}

// Those that wait for nothing stay known only as long as they are ahead of the others.
void enter_orders(TenantQueue& tenant) {
  if (tenant.waiting.empty()) {
    tenant.level->owing.insert({{tenant.turn, 0}, &tenant});
    return;
  }
  tenant.level->turns.insert(turn_of(tenant));
  tenant.level->backlogs.insert(backlog_of(tenant));
}

Waiter* youngest_of(const PriorityLevel& level) {
  Waiter* youngest = nullptr;
  for (const auto& [name, tenant] : level.tenants) {
    if (tenant.waiting.empty()) continue;
    const auto& [arrival, waiter] = *tenant.waiting.rbegin();
    if (!youngest || arrival > youngest->request.arrival) youngest = waiter;
  }
  return youngest;
}

}  // namespace

double WaitQueue::weight_of(const std::string& tenant) const {
  const auto given = weights_.find(tenant);
  return given == weights_.end() ? 1 : given->second;
}

void WaitQueue::set_weights(std::map<std::string, double> weights) {
  weights_ = std::move(weights);
  for (auto& [priority, level] : levels_)
    for (auto& [name, tenant] : level.tenants) {
      leave_orders(tenant);
      tenant.weight = weight_of(name);
      enter_orders(tenant);
    }
}

TenantQueue& WaitQueue::tenant_of(const RequestInfo& request) {
  PriorityLevel& level = levels_[priority_of(request)];
  level.priority = priority_of(request);
  const std::string& name = tenant_name(request);
  const auto known = level.tenants.find(name);
  if (known != level.tenants.end()) return known->second;
  const auto entry = level.tenants.try_emplace(name).first;
  TenantQueue& tenant = entry->second;
  tenant.name = &entry->first;
  tenant.level = &level;
  tenant.weight = weight_of(name);
  return tenant;
}

void WaitQueue::add(Waiter& waiter) {
  TenantQueue& tenant = tenant_of(waiter.request);
  leave_orders(tenant);
  if (tenant.waiting.empty()) tenant.turn = std::max(tenant.turn, tenant.level->now);
  if (waiter.request.charged) tenant.turn -= 1 / tenant.weight;
  tenant.waiting.emplace(waiter.request.arrival, &waiter);
  enter_orders(tenant);
  waiter.tenant = &tenant;
  ++tenant.level->size;
  ++size_;
}

void WaitQueue::remove(Waiter& waiter) { leave(waiter, false); }
void WaitQueue::serve(Waiter& waiter) { leave(waiter, true); }

void WaitQueue::leave(Waiter& waiter, bool served) {
  TenantQueue& tenant = *waiter.tenant;
  PriorityLevel& level = *tenant.level;
  waiter.tenant = nullptr;
  leave_orders(tenant);
  tenant.waiting.erase(waiter.request.arrival);
  if (served) {
    level.now = std::max(level.now, tenant.turn);
    tenant.turn += 1 / tenant.weight;
  }
  enter_orders(tenant);
  --level.size;
  --size_;
  tidy(level);
}

// Forgets priorities without anybody, and tenants that wait for nothing and are not ahead of the others.
void WaitQueue::tidy(PriorityLevel& level) {
  if (level.size == 0) {
    levels_.erase(level.priority);
    return;
  }
  while (!level.owing.empty() && level.owing.begin()->first.first <= level.now) {
    const TenantQueue* const tenant = level.owing.begin()->second;
    level.owing.erase(level.owing.begin());
    level.tenants.erase(level.tenants.find(*tenant->name));
  }
}

Waiter* WaitQueue::next() const {
  if (levels_.empty()) return nullptr;
  return levels_.begin()->second.turns.begin()->second->waiting.begin()->second;
}

Waiter* WaitQueue::after(const Waiter& waiter) const {
  TenantQueue& tenant = *waiter.tenant;
  const auto younger = tenant.waiting.upper_bound(waiter.request.arrival);
  if (younger != tenant.waiting.end()) return younger->second;
  const auto turn = tenant.level->turns.upper_bound(turn_of(tenant));
  if (turn != tenant.level->turns.end()) return turn->second->waiting.begin()->second;
  const auto level = levels_.upper_bound(tenant.level->priority);
  return level == levels_.end() ? nullptr : level->second.turns.begin()->second->waiting.begin()->second;
}

std::vector<Waiter*> WaitQueue::all() const {
  std::vector<Waiter*> waiters;
  for (Waiter* waiter = next(); waiter; waiter = after(*waiter)) waiters.push_back(waiter);
  return waiters;
}

Waiter* WaitQueue::displaced_by(const RequestInfo& request) const {
  if (levels_.empty() || levels_.rbegin()->first > priority_of(request)) return nullptr;
  const PriorityLevel& level = levels_.rbegin()->second;
  const auto& [most, tenant] = *level.backlogs.rbegin();
  Waiter* const youngest_of_most = tenant->waiting.rbegin()->second;
  if (level.priority < priority_of(request)) return youngest_of_most;
  const auto own = level.tenants.find(tenant_name(request));
  const std::size_t waiting = own == level.tenants.end() ? 0 : own->second.waiting.size();
  if (most.first > static_cast<double>(waiting + 1) / weight_of(tenant_name(request))) return youngest_of_most;
  if (!request.was_sent) return nullptr;
  Waiter* const youngest = youngest_of(level);
  return youngest->request.arrival > request.arrival ? youngest : nullptr;
}

std::size_t WaitQueue::ahead_of(int priority) const {
  std::size_t ahead = 0;
  int looked_at = 0;
  for (const auto& [of, level] : levels_) {
    if (of < priority || ++looked_at > kMostLevels) break;
    ahead += level.size;
  }
  return ahead;
}

}  // namespace manta::routing
