#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "api/replica_runtime.h"
#include "ingress/hosted_deployment.h"

namespace manta::counts {

// A deployment in a proxy, as that of `manta run` makes it (cli/hosted_replica.cc), of a graph that is there already.
class Hosted final : public ingress::HostedDeployment {
 public:
  Hosted(Loop& loop, Metrics& metrics, Logger& logger, api::ReplicaRuntimeOptions options,
         std::function<void()> on_change)
      : runtime_(loop, metrics, logger, std::move(options)) {
    runtime_.on_state([on_change = std::move(on_change)](const spec::ReplicaState&) { on_change(); });
    runtime_.start();
  }

  State state() const override { return runtime_.state().state == "RUNNING" ? State::Running : State::Starting; }
  std::string message() const override { return runtime_.state().message; }
  void update(const std::shared_ptr<const spec::RoutingSnapshot>& snapshot) override { runtime_.update(*snapshot); }
  void handle(net::ExchangePtr exchange, std::shared_ptr<RequestContext> context) override {
    runtime_.handle(std::move(exchange), std::move(context));
  }
  void drain(std::move_only_function<void()> done) override { runtime_.drain(std::move(done)); }

 private:
  api::ReplicaRuntime runtime_;
};

}  // namespace manta::counts
