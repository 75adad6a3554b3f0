#include "ingress/proxy_runtime.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "base/metrics.h"
#include "ingress/access_log.h"
#include "ingress/proxy_worker.h"
#include "ingress/termination_signals.h"
#include "net/receive_budget.h"
#include "routing/queue_count.h"

namespace manta::ingress {
namespace {

std::uint64_t random_seed() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32U | device();
}

// The first worker runs here, the others on threads of their own; all end by the same signal.
void run_workers(std::vector<std::unique_ptr<ProxyWorker>>& workers) {
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < workers.size(); ++i) threads.emplace_back([&worker = *workers[i]] { worker.run(); });
  workers.front()->run();
}

}  // namespace

int run_proxy(const ProxyOptions& options) {
  std::vector<std::unique_ptr<ProxyWorker>> workers;
  std::atomic<bool> serving = false;
  std::atomic<int> signals = 0;
  const auto on_signal = [&] {
    if (!serving) _exit(0);
    const bool first = signals++ == 0;
    for (const auto& worker : workers) first ? worker->drain(options.drain_timeout) : worker->stop();
  };
  std::optional<TerminationSignals> termination(std::in_place, on_signal);
  const SystemClock clock;
  Logger logger(options.log);
  Metrics metrics;
  net::ReceiveBudget budget;
  routing::QueueCounts queue_counts;
  std::unique_ptr<AccessLog> access_log;
  if (options.access_log) access_log = std::make_unique<AccessLog>(STDERR_FILENO);
  const ProxyProcess process{clock, metrics, logger, budget, queue_counts, access_log.get()};
  for (int i = 0; i < options.threads; ++i) {
    const int fd = i == 0 ? options.listen_fd : ::fcntl(options.listen_fd, F_DUPFD_CLOEXEC, 0);
    workers.push_back(std::make_unique<ProxyWorker>(options, process, fd, random_seed()));
  }
  if (options.metrics_fd >= 0) workers.front()->serve_metrics(options.metrics_fd);
  std::shared_ptr<void> figures;
  if (options.figures) figures = options.figures(workers.front()->loop(), metrics);
  serving = true;
  logger.info("proxy_serving", {{"port", options.http.port}, {"threads", options.threads}});
  run_workers(workers);
  termination.reset();  // it knows the workers
  logger.info("proxy_stopped", {{"signals", signals.load()}});
  figures.reset();
  workers.clear();
  return 0;
}

}  // namespace manta::ingress
