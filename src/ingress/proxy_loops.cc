#include "ingress/proxy_loops.h"

#include <unistd.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "net/server.h"

namespace manta::ingress {
namespace {

// Without a controller the door opens all the same, and says why it cannot serve.
constexpr Duration kLongestWaitForRoutes = std::chrono::seconds(1);

std::uint64_t random_seed() {
  std::random_device device;
  return static_cast<std::uint64_t>(device()) << 32U | device();
}

// A connection on its way to another loop.
class InTransit {
 public:
  explicit InTransit(int fd) : fd_(fd) {}
  InTransit(InTransit&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  InTransit& operator=(InTransit&&) = delete;
  ~InTransit() {
    if (fd_ >= 0) ::close(fd_);
  }
  int take() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

std::vector<std::unique_ptr<ProxyWorker>> make_workers(const ProxyOptions& options, const ProxyProcess& process,
                                                       RollCall& roll_call) {
  std::vector<std::unique_ptr<ProxyWorker>> workers;
  for (int i = 0; i < options.threads; ++i) {
    const RollCall* const others = options.threads > 1 ? &roll_call : nullptr;
    workers.push_back(std::make_unique<ProxyWorker>(options, process, others, random_seed(), i));
    roll_call.add(workers.back()->loop());
  }
  return workers;
}

}  // namespace

ProxyLoops::ProxyLoops(const ProxyOptions& options, const ProxyProcess& process)
    : process_(process),
      root_path_(options.http.root_path),
      listen_fd_(options.listen_fd),
      workers_(make_workers(options, process, roll_call_)),
      undrained_(workers_.size()),
      view_(first_view(root_path_)),
      door_(first(), takers(), net::ServerOptions{}.max_connections),
      load_reporter_(first(), process_.logger, process_.queue_counts,
                     [this, address = options.controller_address] { return workers_.front()->connect(address); }),
      subscription_(first(), process_.metrics, process_.logger,
                    [this, address = options.controller_address] { return workers_.front()->connect(address); }),
      metrics_door_(first(), workers_.front()->collector(), process_.budget) {
  for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i]->on_connection_end([this, i] { door_.ended(i); });
  if (options.metrics_fd >= 0) metrics_door_.listen(options.metrics_fd);
  subscription_.on_snapshot([this](const spec::RoutingSnapshot&) { publish(subscription_.snapshot()); });
  subscription_.start();
  first().after(kLongestWaitForRoutes, [this] { open_door(); });
}

ProxyLoops::~ProxyLoops() {
  if (listen_fd_ >= 0) ::close(listen_fd_);
}

std::vector<ProxyDoor::Taker> ProxyLoops::takers() {
  std::vector<ProxyDoor::Taker> takers{[this](int fd) { workers_.front()->accept(fd); }};
  for (std::size_t i = 1; i < workers_.size(); ++i)
    takers.emplace_back([worker = workers_[i].get()](int fd) {
      worker->loop().post([worker, connection = InTransit(fd)]() mutable { worker->accept(connection.take()); });
    });
  return takers;
}

void ProxyLoops::run() {
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < workers_.size(); ++i)
    threads.emplace_back([worker = workers_[i].get()] { worker->loop().run(); });
  first().run();
}

// Each loop gets a snapshot before any connection that is accepted after it.
void ProxyLoops::publish(const std::shared_ptr<const spec::RoutingSnapshot>& snapshot) {
  configure_logs(snapshot->logging_config.value_or(LoggingConfig{}));
  view_ = view_after(view_, snapshot, root_path_);
  workers_.front()->update(view_);
  for (std::size_t i = 1; i < workers_.size(); ++i)
    workers_[i]->loop().post([worker = workers_[i].get(), view = view_] { worker->update(view); });
  load_reporter_.update(*snapshot);
  open_door();
}

void ProxyLoops::configure_logs(const LoggingConfig& config) {
  Result<void> done = process_.logger.configure(config);
  if (process_.access_log != nullptr)
    if (Result<void> lines = process_.access_log->configure(config); !lines) done = std::move(lines);
  if (!done) process_.logger.warn("cannot log there", {{"error", done.error().message}});
}

// What connects earlier waits in the listening socket: a proxy that was restarted must not say 404 for want of routes.
void ProxyLoops::open_door() {
  if (listen_fd_ >= 0) door_.open(std::exchange(listen_fd_, -1));
}

// The door closes first: no loop is given a connection once it drains. The first loop goes on until all have ended, as
// the others hear of replicas through it.
void ProxyLoops::drain(Duration limit) {
  first().post([this, limit] {
    door_.close();
    if (listen_fd_ >= 0) ::close(std::exchange(listen_fd_, -1));
    for (const auto& worker : workers_)
      worker->loop().post([this, worker = worker.get()] { worker->drain([this] { on_drained(); }); });
    first().after(limit, [this] { stop(); });
  });
}

void ProxyLoops::on_drained() {
  if (--undrained_ == 0) stop();
}

// Posted: a loop whose thread has not come to run it yet would forget that it was stopped.
void ProxyLoops::stop() {
  for (const auto& worker : workers_) worker->loop().post([loop = &worker->loop()] { loop->stop(); });
}

}  // namespace manta::ingress
