#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <manta/detail/node.h>

#include "api/deployment_names.h"
#include "api/graph.h"
#include "api/neighbours.h"
#include "api/strand_caller.h"
#include "routing/dispatchers.h"

namespace manta::api {

// Who calls, by the handles of one strand.
struct HandleOwner {
  std::string application, deployment;  // empty: a client program
  double request_timeout_s = 0;         // of that deployment
};

// The callers behind the handles of one strand: one for each deployment that is called. Thread-safe; the strand, the
// dispatchers and the names outlive it.
class HandleCallers {
 public:
  // `neighbours` too, if there are any.
  HandleCallers(std::shared_ptr<Strand> strand, routing::Dispatchers& dispatchers, DeploymentNames& names,
                HandleOwner owner, Neighbours* neighbours = nullptr)
      : strand_(std::move(strand)),
        dispatchers_(dispatchers),
        names_(names),
        owner_(std::move(owner)),
        neighbours_(neighbours) {}

  // Of a deployment that is there: bound, or looked up.
  std::shared_ptr<detail::Caller> of(const std::string& application, const std::string& deployment);
  // Looked up at each call; `application` may be empty. See application_of().
  std::shared_ptr<detail::Caller> named(const std::string& application, const std::string& deployment);

 private:
  std::shared_ptr<Transport> transport_to(const std::string& application, const std::string& deployment);

  std::shared_ptr<Strand> strand_;
  routing::Dispatchers& dispatchers_;
  DeploymentNames& names_;
  const HandleOwner owner_;
  Neighbours* const neighbours_;
  std::mutex mutex_;  // guards callers_ and named_
  std::map<std::pair<std::string, std::string>, std::shared_ptr<detail::Caller>> callers_, named_;
};

// Gives the constructor of one node the handles of its children.
class GraphHandles final : public detail::HandleSource {
 public:
  GraphHandles(const Graph& graph, std::string application, HandleCallers& callers)
      : graph_(graph), application_(std::move(application)), callers_(callers) {}
  std::shared_ptr<detail::Caller> caller(const detail::Node& child) override {
    return callers_.of(application_, graph_.find(child)->name);
  }

 private:
  const Graph& graph_;
  std::string application_;
  HandleCallers& callers_;
};

}  // namespace manta::api
