#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include <manta/detail/node.h>

#include "api/graph.h"
#include "api/strand_caller.h"
#include "routing/dispatchers.h"

namespace manta::api {

// The callers behind the handles of one strand: one for each deployment that is called. Thread-safe; the strand and the
// dispatchers outlive it.
class HandleCallers {
 public:
  HandleCallers(std::shared_ptr<Strand> strand, routing::Dispatchers& dispatchers, std::string from_application,
                std::string from_deployment)
      : strand_(std::move(strand)),
        dispatchers_(dispatchers),
        from_application_(std::move(from_application)),
        from_deployment_(std::move(from_deployment)) {}

  std::shared_ptr<detail::Caller> of(const std::string& application, const std::string& deployment);

 private:
  std::shared_ptr<Strand> strand_;
  routing::Dispatchers& dispatchers_;
  std::string from_application_, from_deployment_;
  std::mutex mutex_;  // guards callers_
  std::map<std::pair<std::string, std::string>, std::shared_ptr<detail::Caller>> callers_;
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
