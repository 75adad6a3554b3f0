#include "routing/dispatchers.h"

namespace manta::routing {

Dispatchers::Dispatchers(const RouterEnvironment& environment, QueueCounts& counts, RouterOptions router_options,
                         DispatchOptions options)
    : environment_(environment), counts_(counts), router_options_(std::move(router_options)), options_(options) {}

Dispatchers::Entry& Dispatchers::entry(const std::string& application, const std::string& deployment) {
  Entry& entry = entries_[{application, deployment}];
  if (!entry.dispatcher) {
    RouterEnvironment environment = environment_;
    environment.seed += entries_.size();
    entry.dispatcher = std::make_unique<Dispatcher>(environment, application, deployment,
                                                    counts_.of(application, deployment), router_options_, options_);
  }
  return entry;
}

Dispatcher& Dispatchers::at(const std::string& application, const std::string& deployment) {
  return *entry(application, deployment).dispatcher;
}

Dispatcher* Dispatchers::find(const std::string& application, const std::string& deployment) {
  const auto found = entries_.find({application, deployment});
  return found == entries_.end() || !found->second.published ? nullptr : found->second.dispatcher.get();
}

void Dispatchers::update(const spec::RoutingSnapshot& snapshot) {
  for (auto& [name, entry] : entries_) entry.published = false;
  for (const spec::ReplicaSet& set : snapshot.deployments) {
    Entry& named = entry(set.application, set.deployment);
    named.published = true;
    named.dispatcher->update(set);
  }
  for (auto& [name, entry] : entries_) {
    if (entry.published) continue;
    spec::ReplicaSet gone = entry.dispatcher->replica_set();
    gone.replicas.clear();
    entry.dispatcher->update(gone);
  }
}

}  // namespace manta::routing
