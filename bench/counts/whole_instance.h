#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include <manta/application.h>

#include "api/graph.h"
#include "api/replica_runtime.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "ingress/hosted_deployment.h"
#include "ingress/proxy.h"
#include "net/server.h"
#include "raw_client.h"

namespace manta::counts {

// A proxy and one replica of each deployment of an application, as their processes put them together, but all on one
// loop and joined by socket pairs. InProxy: the ingress is the proxy's own.
class WholeInstance {
 public:
  using StandIns = std::map<std::string, std::shared_ptr<const detail::Node>>;  // by deployment
  enum class Placed { Separate, Together, InProxy };

  // Nodes of `stand_ins` run in the place of the deployments of these names.
  explicit WholeInstance(const Application& application, StandIns stand_ins = {}, Placed placed = Placed::Separate);
  ~WholeInstance();
  WholeInstance(const WholeInstance&) = delete;
  WholeInstance& operator=(const WholeInstance&) = delete;

  std::unique_ptr<RawClient> client();
  Loop& loop() { return loop_; }

 private:
  routing::RouterEnvironment environment();
  std::unique_ptr<net::Channel> connect(const std::string& address);
  spec::RoutingSnapshot snapshot_of(const api::Graph& graph, Placed placed) const;
  api::ReplicaRuntimeOptions options_of(const api::Graph& graph, const api::GraphNode& node,
                                        std::shared_ptr<const detail::Node> stand_in, Placed placed);
  std::unique_ptr<ingress::HostedDeployment> host(const api::Graph& graph, std::function<void()> on_change);
  void turn_until(const std::function<bool()>& done);

  VirtualClock clock_;
  Loop loop_{clock_};
  Metrics metrics_;
  Logger logger_{{.component = "counts", .level = LogLevel::Error, .async = false}};
  net::ReceiveBudget budget_;
  routing::QueueCounts counts_;
  std::map<std::string, std::unique_ptr<api::ReplicaRuntime>> replicas_;  // by deployment
  std::function<std::unique_ptr<ingress::HostedDeployment>(std::function<void()> on_change)> host_;
  const ingress::HostedDeployment* hosted_ = nullptr;  // the proxy's
  routing::Dispatchers dispatchers_{environment(), counts_};
  net::BodyBuffers bodies_{loop_};
  ingress::MetricsCollector collector_{
      loop_, metrics_, [](const std::string&) { return std::unique_ptr<net::Channel>(); }, {}};
  ingress::ShadowCounts shadow_counts_;
  ingress::Proxy proxy_{
      {.loop = loop_,
       .metrics = metrics_,
       .dispatchers = dispatchers_,
       .bodies = bodies_,
       .collector = collector_,
       .shadow_counts = shadow_counts_,
       .start_hosted = [this](const spec::ReplicaSet&,
                              std::function<void()> on_change) { return host_(std::move(on_change)); }},
      {.seed = 7}};
  net::Server door_{loop_, {}, budget_, [this](net::ExchangePtr exchange) { proxy_.handle(std::move(exchange)); }};
};

}  // namespace manta::counts
