#include "routing/dispatchers.h"

namespace manta::routing {

Dispatchers::Dispatchers(const RouterEnvironment& environment, QueueCounts& counts, RouterOptions router_options,
                         DispatchOptions options)
    : environment_(environment), counts_(counts), router_options_(std::move(router_options)), options_(options) {
  environment_.zones = &zones_;
}

std::shared_ptr<Dispatcher> Dispatchers::at(const std::string& application, const std::string& deployment) {
  std::shared_ptr<Dispatcher>& dispatcher = dispatchers_[{application, deployment}];
  if (dispatcher) return dispatcher;
  RouterEnvironment environment = environment_;
  environment.seed += dispatchers_.size();
  dispatcher = std::make_shared<Dispatcher>(environment, application, deployment, counts_.of(application, deployment),
                                            router_options_, options_);
  if (!custom_policies_.empty()) dispatcher->router().use_custom_policies(custom_policies_);
  if (const auto set = published_.find({application, deployment}); set != published_.end())
    dispatcher->update(*set->second);
  return dispatcher;
}

void Dispatchers::use_custom_policies(CustomPolicies policies) {
  custom_policies_ = std::move(policies);
  for (auto& [name, dispatcher] : dispatchers_) dispatcher->router().use_custom_policies(custom_policies_);
}

void Dispatchers::update(const spec::RoutingSnapshot& snapshot) {
  informed_ = true;
  ++version_;
  if (!published_zones_.is_same_object(snapshot.zones)) zones_ = node_zones(snapshot.zones);
  published_zones_ = snapshot.zones;
  std::map<Name, spec::Shared<spec::ReplicaSet>> before;
  for (const spec::Shared<spec::ReplicaSet>& set : snapshot.deployments)
    before.emplace_hint(before.end(), Name{set->application, set->deployment}, set);
  before.swap(published_);
  std::erase_if(dispatchers_,
                [&](const auto& known) { return known.second.use_count() == 1 && !published_.contains(known.first); });
  for (auto& [name, dispatcher] : dispatchers_) {
    const auto set = published_.find(name);
    if (set != published_.end()) {
      const auto known = before.find(name);
      if (known == before.end() || !known->second.is_same_object(set->second)) dispatcher->update(*set->second);
      continue;
    }
    spec::ReplicaSet gone = dispatcher->replica_set();
    gone.replicas.clear();
    dispatcher->update(gone);
  }
}

}  // namespace manta::routing
