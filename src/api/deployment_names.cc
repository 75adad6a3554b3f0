#include "api/deployment_names.h"

#include <algorithm>
#include <set>
#include <utility>

#include "codec/nearest.h"

namespace manta::api {
namespace {

std::unexpected<Error> unknown(std::string message, std::string_view name, const std::set<std::string_view>& known) {
  const std::vector<std::string_view> list(known.begin(), known.end());
  return fail(ErrorCode::NotFound, std::move(message) + codec::suggestion(name, list));
}

Result<std::string> check_named(const NamesByDeployment& names, std::string_view deployment,
                                std::string_view application) {
  std::set<std::string_view> applications, deployments;
  for (const auto& [name, of] : names) {
    applications.insert(of);
    if (of == application) deployments.insert(name);
  }
  if (deployments.contains(deployment)) return std::string(application);
  if (deployments.empty())
    return unknown("there is no application '" + std::string(application) + "'", application, applications);
  return unknown("application '" + std::string(application) + "' has no deployment '" + std::string(deployment) + "'",
                 deployment, deployments);
}

using Sets = std::vector<spec::Shared<spec::ReplicaSet>>;

bool same_names(const Sets& a, const Sets& b) {
  return std::ranges::equal(a, b, [](const auto& one, const auto& other) {
    return one.is_same_object(other) ||
           (one->application == other->application && one->deployment == other->deployment);
  });
}

}  // namespace

NamesByDeployment names_of(const spec::RoutingSnapshot& snapshot) {
  NamesByDeployment names;
  for (const spec::ReplicaSet& set : snapshot.deployments) names.emplace(set.deployment, set.application);
  return names;
}

Result<std::string> application_of(const NamesByDeployment& names, std::string_view deployment,
                                   std::string_view application, std::string_view own) {
  if (!application.empty()) return check_named(names, deployment, application);
  std::set<std::string_view> found;
  for (auto [it, end] = names.equal_range(deployment); it != end; ++it) found.insert(it->second);
  if (found.contains(own)) return std::string(own);
  if (found.size() == 1) return std::string(*found.begin());
  if (found.empty()) {
    std::set<std::string_view> known;
    for (const auto& [name, of] : names) known.insert(name);
    return unknown("no application has a deployment '" + std::string(deployment) + "'", deployment, known);
  }
  std::string listed;
  for (const std::string_view name : found) listed.append(listed.empty() ? "" : ", ").append(name);
  return fail(ErrorCode::InvalidArgument,
              "several applications have a deployment '" + std::string(deployment) + "': " + listed + "; name one");
}

void DeploymentNames::update(const spec::RoutingSnapshot& snapshot) {
  if (!same_names(named_, snapshot.deployments)) names_ = names_of(snapshot);
  named_ = snapshot.deployments;
  known_ = true;
  while (!waiting_.empty()) {  // each may end others that wait
    Arrival* const next = waiting_.back();
    waiting_.pop_back();
    std::exchange(next->waiting_, {}).resume();
  }
}

DeploymentNames::Arrival::~Arrival() {
  names_.loop_.cancel(timer_);
  std::erase(names_.waiting_, this);
  waiting_.forget();
}

void DeploymentNames::Arrival::await_suspend(std::coroutine_handle<> handle) {
  waiting_ = detail::Resumption(handle);
  names_.waiting_.push_back(this);
  if (deadline_ == TimePoint::max()) return;
  timer_ = names_.loop_.at(deadline_, [this] {
    timer_ = 0;
    std::erase(names_.waiting_, this);
    std::exchange(waiting_, {}).resume();
  });
}

bool DeploymentNames::Arrival::await_resume() {
  names_.loop_.cancel(std::exchange(timer_, 0));
  return names_.known_;
}

}  // namespace manta::api
