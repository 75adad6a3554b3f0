// A large instance in one process: the real controller and a real router, with replicas that exist only as entries.
// size_bench [REPLICAS [NODES [REPLICAS_OF_ONE_DEPLOYMENT]]], by default 50000 10000 16. Prints CPU times, and what
// the resident memory grew by.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include <manta/detail/json.h>

#include "base/task_scope.h"
#include "control/controller.h"
#include "routing/router.h"
#include "runtime/fake/fake_backend.h"

namespace manta::control {
namespace {

double resident_mb() {
  std::ifstream statm("/proc/self/statm");
  double total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

template <class F>
double milliseconds(F work) {
  const std::clock_t begun = std::clock();
  work();
  return static_cast<double>(std::clock() - begun) * 1e3 / CLOCKS_PER_SEC;
}

void row(const char* what, double value, const char* unit) { std::printf("%-58s %12.3f %s\n", what, value, unit); }

// A replica that runs as soon as it is asked.
class ReadyReplica final : public ReplicaLink {
 public:
  ReadyReplica(Loop& loop, OnState on_state) : alive_(std::make_shared<bool>(true)) {
    loop.post([alive = std::weak_ptr(alive_), tell = std::move(on_state)] {
      if (!alive.expired()) tell({.state = "RUNNING"});
    });
  }
  void check_health(Duration, Duration, OnHealth) override {}
  Task<Result<void>> tell_settings(std::string, Duration) override { co_return Result<void>(); }

 private:
  std::shared_ptr<bool> alive_;
};

// A connection that stands from the beginning.
class ReadyConnection final : public routing::ReplicaConnection {
 public:
  explicit ReadyConnection(Events events) : events_(std::move(events)) {}
  void start() override { events_.connected(true); }
  bool usable() const override { return true; }
  net::Channel* channel() const override { return nullptr; }

 private:
  Events events_;
};

struct Size {
  int replicas = 50'000, nodes = 10'000, of_one = 16;
};

spec::ApplicationGraph graph_of(const Size& size) {
  spec::ApplicationGraph graph{.name = "app", .ingress = "D0"};
  for (int i = 0; i * size.of_one < size.replicas; ++i) {
    const std::string name = "D" + std::to_string(i);
    graph.nodes.push_back({.name = name, .class_name = name, .fingerprint = name, .config = {.name = name}});
    graph.nodes.back().config.num_replicas = std::min(size.of_one, size.replicas - i * size.of_one);
  }
  return graph;
}

Task<void> deploy(Controller& controller) {
  spec::InstanceConfig config;
  config.applications.push_back({.name = "app", .import_path = "builtin:app"});
  auto deploying = controller.deploy(std::move(config));
  if (const auto deployed = co_await deploying; !deployed) {
    std::fprintf(stderr, "%s\n", deployed.error().message.c_str());
    std::abort();
  }
}

class Instance {
 public:
  explicit Instance(const Size& size) : size_(size) {
    std::string name = (std::filesystem::temp_directory_path() / "manta-size-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    backend_.nodes_known.clear();
    for (int i = 0; i < size.nodes; ++i)
      backend_.nodes_known.push_back({.node_id = "node-" + std::to_string(i), .total = {.num_cpus = 8}});
    store_ = std::move(*StateStore::open(folder_ + "/state.db"));
    Describe describe = [this](ArtifactRef, std::string, std::map<std::string, std::string>) { return graphs(); };
    LinkReplica link = [this](const std::string&, ReplicaLink::OnState on_state) {
      return std::make_unique<ReadyReplica>(loop_, std::move(on_state));
    };
    controller_ = std::make_unique<Controller>(ControllerParts{.loop = loop_,
                                                               .logger = logger_,
                                                               .metrics = metrics_,
                                                               .backend = backend_,
                                                               .store = *store_,
                                                               .artifacts = artifacts_,
                                                               .describe = std::move(describe),
                                                               .link = std::move(link)},
                                               ControllerOptions{.seed = 1});
  }
  ~Instance() {
    controller_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void measure() {
    const double before = resident_mb();
    controller_->begin();
    loop_.poll();
    row("deploy until every replica runs", milliseconds([this] {
          TaskScope scope(loop_);
          scope.spawn(deploy(*controller_));
          settle();
        }),
        "ms");
    std::size_t running = 0;
    for (const auto& [id, replica] : controller_->replicas()) running += replica.view.phase == ReplicaPhase::Running;
    row("replicas that run", static_cast<double>(running), "");
    row("memory of the controller", resident_mb() - before, "MB");
    constexpr int kTurns = 20;
    row("turn in which nothing changes", milliseconds([this] {
                                           for (int i = 0; i < kTurns; ++i)
                                             controller_->set_proxy_status("node-0", "HEALTHY"), loop_.poll();
                                         }) / kTurns,
        "ms");
    row("a replica dies and is replaced", milliseconds([this] {
          backend_.kill(backend_.running().begin()->first);
          settle();
        }),
        "ms");
    const auto size_mb = [](const auto& told) {
      return static_cast<double>(detail::to_json(told).value_or("").size()) / 1e6;
    };
    const auto before_death = controller_->snapshots().latest();
    row("snapshot", size_mb(*before_death), "MB");
    backend_.kill(backend_.running().begin()->first);
    loop_.poll();
    row("its change by a replica that dies",
        size_mb(spec::change_between(*before_death, *controller_->snapshots().latest())), "MB");
  }

 private:
  Task<Result<std::vector<spec::ApplicationGraph>>> graphs() { co_return std::vector{graph_of(size_)}; }

  // Until nothing is left to do now; a replacement waits for its back-off.
  void settle() {
    loop_.poll();
    clock_.advance(std::chrono::seconds(2));
    loop_.poll();
  }

  const Size size_;
  std::string folder_;
  VirtualClock clock_;
  Loop loop_{clock_};
  Logger logger_{{.component = "bench", .level = LogLevel::Critical, .async = false}};
  Metrics metrics_;
  runtime::FakeBackend backend_{loop_};
  ArtifactStore artifacts_{"artifacts"};
  std::unique_ptr<StateStore> store_;
  std::unique_ptr<Controller> controller_;
};

void measure_router(int replicas) {
  VirtualClock clock;
  Loop loop(clock);
  Logger logger({.component = "bench", .level = LogLevel::Critical, .async = false});
  Metrics metrics;
  const double before = resident_mb();
  const routing::RouterEnvironment environment{
      .loop = loop,
      .metrics = metrics,
      .logger = logger,
      .connect = nullptr,
      .handle = "proxy",
      .make_connection = [](const spec::ReplicaAddress&, routing::ReplicaConnection::Events events) {
        return std::make_unique<ReadyConnection>(std::move(events));
      }};
  routing::Router router(environment, "app", "D", std::make_shared<routing::QueueCount>());
  spec::ReplicaSet set{.application = "app", .deployment = "D"};
  for (int i = 0; i < replicas; ++i) {
    const std::string id = "app#D#" + std::to_string(i);
    set.replicas.push_back({.id = id, .address = "unix:/" + id, .node_id = "node-" + std::to_string(i / 5)});
  }
  row("router: first set of all replicas", milliseconds([&] { router.update(set), loop.poll(); }), "ms");
  row("router: memory", resident_mb() - before, "MB");
  set.replicas.back().id += "x";
  row("router: set with one replica changed", milliseconds([&] { router.update(set), loop.poll(); }), "ms");
  constexpr int kPicks = 1'000'000;
  const double all = milliseconds([&] {
    for (int i = 0; i < kPicks; ++i) router.try_acquire({}).release();
  });
  row("router: place taken and given back", all * 1000 / kPicks, "us");
}

}  // namespace
}  // namespace manta::control

int main(int argc, char** argv) {
  manta::control::Size size;
  int* const fields[] = {&size.replicas, &size.nodes, &size.of_one};
  for (int i = 1; i < argc && i <= 3; ++i) *fields[i - 1] = std::atoi(argv[i]);
  std::printf("%d replicas, %d of one deployment, %d nodes\n", size.replicas, size.of_one, size.nodes);
  manta::control::measure_router(size.replicas);
  manta::control::Instance(size).measure();
}
