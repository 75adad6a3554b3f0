#include "ingress/proxy_runtime.h"

#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>

#include "base/metrics.h"
#include "ingress/access_log.h"
#include "ingress/proxy_loops.h"
#include "ingress/proxy_worker.h"
#include "ingress/termination_signals.h"
#include "net/receive_budget.h"
#include "routing/queue_count.h"

namespace manta::ingress {

int run_proxy(const ProxyOptions& options) {
  std::optional<ProxyLoops> loops;
  std::atomic<bool> serving = false;
  std::atomic<int> signals = 0;
  const auto on_signal = [&] {
    if (!serving) _exit(0);
    signals++ == 0 ? loops->drain(options.drain_timeout) : loops->stop();
  };
  std::optional<TerminationSignals> termination(std::in_place, on_signal);
  const SystemClock clock;
  Logger logger(options.log);
  Metrics metrics;
  net::ReceiveBudget budget;
  routing::QueueCounts queue_counts;
  ShadowCounts shadow_counts;
  std::unique_ptr<AccessLog> access_log;
  if (options.access_log) access_log = std::make_unique<AccessLog>(STDERR_FILENO);
  loops.emplace(options, ProxyProcess{clock, metrics, logger, budget, queue_counts, shadow_counts, access_log.get()});
  std::shared_ptr<void> figures;
  if (options.figures) figures = options.figures(loops->first(), metrics);
  serving = true;
  logger.info("proxy_serving", {{"port", options.http.port}, {"threads", options.threads}});
  loops->run();
  termination.reset();  // it knows the loops
  logger.info("proxy_stopped", {{"signals", signals.load()}});
  figures.reset();
  loops.reset();
  return 0;
}

}  // namespace manta::ingress
