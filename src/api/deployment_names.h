#pragma once

#include <coroutine>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <manta/error.h>
#include <manta/task.h>

#include "base/loop.h"
#include "spec/replica_set.h"

namespace manta::api {

// Which application has which deployments: applications by deployment.
using NamesByDeployment = std::multimap<std::string, std::string, std::less<>>;
NamesByDeployment names_of(const spec::RoutingSnapshot& snapshot);

// The application that `deployment` is meant to be of: `application` if that is not empty, else `own` if it has one of
// that name, else the only one that has. NotFound with the names that come near; InvalidArgument that lists the
// applications if several have it. Pure.
Result<std::string> application_of(const NamesByDeployment& names, std::string_view deployment,
                                   std::string_view application, std::string_view own);

// The names of the last snapshot, for who asks before the first one has come. Loop-confined.
class DeploymentNames {
 public:
  explicit DeploymentNames(Loop& loop) : loop_(loop) {}
  DeploymentNames(const DeploymentNames&) = delete;
  DeploymentNames& operator=(const DeploymentNames&) = delete;

  void update(const spec::RoutingSnapshot& snapshot);
  const NamesByDeployment& names() const { return names_; }

  // co_await: true once a snapshot has come, false if that took until `deadline`.
  class Arrival {
   public:
    Arrival(DeploymentNames& names, TimePoint deadline) : names_(names), deadline_(deadline) {}
    Arrival(const Arrival&) = delete;
    Arrival& operator=(const Arrival&) = delete;
    ~Arrival();
    bool await_ready() const { return names_.known_; }
    void await_suspend(std::coroutine_handle<> handle);
    bool await_resume();

   private:
    friend class DeploymentNames;
    DeploymentNames& names_;
    TimePoint deadline_;
    TimerId timer_ = 0;
    detail::Resumption waiting_;
  };

 private:
  Loop& loop_;
  NamesByDeployment names_;
  std::vector<spec::Shared<spec::ReplicaSet>> named_;  // of which `names_` are
  bool known_ = false;
  std::vector<Arrival*> waiting_;
};

}  // namespace manta::api
