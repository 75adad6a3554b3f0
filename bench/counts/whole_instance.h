#pragma once

#include <map>
#include <memory>
#include <string>

#include <manta/application.h>

#include "api/graph.h"
#include "api/replica_runtime.h"
#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "ingress/proxy.h"
#include "net/server.h"
#include "raw_client.h"

namespace manta::counts {

// A proxy and one replica of each deployment of an application, as their processes put them together, but all on one
// loop and joined by socket pairs.
class WholeInstance {
 public:
  using StandIns = std::map<std::string, std::shared_ptr<const detail::Node>>;  // by deployment
  enum class Placed { Separate, Together };

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
  spec::RoutingSnapshot snapshot_of(const api::Graph& graph) const;
  void make(const api::Graph& graph, const api::GraphNode& node, std::shared_ptr<const detail::Node> stand_in,
            Placed placed);
  void wait_until_running();

  VirtualClock clock_;
  Loop loop_{clock_};
  Metrics metrics_;
  Logger logger_{{.component = "counts", .level = LogLevel::Error, .async = false}};
  net::ReceiveBudget budget_;
  routing::QueueCounts counts_;
  std::map<std::string, std::unique_ptr<api::ReplicaRuntime>> replicas_;  // by deployment
  routing::Dispatchers dispatchers_{environment(), counts_};
  net::BodyBuffers bodies_{loop_};
  ingress::MetricsCollector collector_{
      loop_, metrics_, [](const std::string&) { return std::unique_ptr<net::Channel>(); }, {}};
  ingress::ShadowCounts shadow_counts_;
  ingress::Proxy proxy_{{.loop = loop_,
                         .metrics = metrics_,
                         .dispatchers = dispatchers_,
                         .bodies = bodies_,
                         .collector = collector_,
                         .shadow_counts = shadow_counts_},
                        {.seed = 7}};
  net::Server door_{loop_, {}, budget_, [this](net::ExchangePtr exchange) { proxy_.handle(std::move(exchange)); }};
};

}  // namespace manta::counts
