// One unary call through a Dispatcher to a ReplicaServer and back, both on one loop over a socket pair: the processor
// time and the allocations of both sides together.
#include <sys/socket.h>

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>

#include "base/log.h"
#include "base/task_scope.h"
#include "replica/loop_compute.h"
#include "replica/replica_server.h"
#include "routing/dispatcher.h"

namespace {
std::atomic<std::size_t> allocations = 0;
}

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace manta {
namespace {

class Echo final : public replica::Servable {
 public:
  const std::vector<spec::MethodSpec>& methods() const override { return methods_; }
  bool is_coroutine(std::string_view) const override { return true; }
  Task<Result<replica::Reply>> call(replica::Invocation& invocation) override {
    co_return replica::Reply{.body = std::move(invocation.body)};
  }
  Result<replica::Reply> call_blocking(replica::Invocation&) override { return {}; }
  Result<void> check_health() override { return {}; }
  Result<void> reconfigure(const std::string&) override { return {}; }

 private:
  const std::vector<spec::MethodSpec> methods_{{.name = "echo"}};
};

struct Pair {
  SystemClock clock;
  Loop loop{clock};
  Metrics metrics;
  Logger logger{{.component = "bench", .level = LogLevel::Error, .async = false}};
  net::ReceiveBudget budget;
  replica::LoopCompute compute{loop};
  std::unique_ptr<replica::ReplicaServer> server;
  std::unique_ptr<routing::Dispatcher> dispatcher;

  Pair() {
    replica::ReplicaOptions options{.application = "app", .deployment = "D", .id = "1"};
    options.config.max_ongoing_requests = 1000;
    server = std::make_unique<replica::ReplicaServer>(loop, compute, metrics, logger, budget, options,
                                                      [] { return std::make_unique<Echo>(); });
    server->start();
    const routing::RouterEnvironment environment{
        .loop = loop,
        .metrics = metrics,
        .logger = logger,
        .connect =
            [this](const spec::ReplicaAddress&) {
              int fds[2];
              if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
              server->accept(fds[1]);
              return std::make_unique<net::Channel>(loop, fds[0], net::ChannelOptions{}, budget);
            },
        .handle = "bench"};
    dispatcher =
        std::make_unique<routing::Dispatcher>(environment, "app", "D", std::make_shared<routing::QueueCount>());
    dispatcher->update({.replicas = {{.id = "1", .max_ongoing_requests = 1000}}});
    loop.poll();
  }
};

Task<void> one_call(routing::Dispatcher& dispatcher, std::shared_ptr<const std::string> body,
                    std::shared_ptr<RequestContext> context, int& open) {
  auto response = co_await dispatcher.call({.method = "echo", .body = std::move(body), .context = std::move(context)});
  if (!response) std::abort();
  --open;
}

void BM_UnaryCall(benchmark::State& state) {
  Pair pair;
  TaskScope scope(pair.loop);
  const auto body = std::make_shared<const std::string>(200, 'x');
  const auto at_once = state.range(0);
  const std::size_t before = allocations.load();
  for (auto _ : state) {
    int open = static_cast<int>(at_once);
    for (int i = 0; i < at_once; ++i) {
      auto context = std::make_shared<RequestContext>();
      context->request_id = "0123456789abcdef";
      context->deadline = pair.clock.now() + std::chrono::seconds(30);
      scope.spawn(one_call(*pair.dispatcher, body, std::move(context), open));
    }
    while (open > 0) pair.loop.poll();
  }
  const auto calls = static_cast<double>(state.iterations() * at_once);
  state.SetItemsProcessed(state.iterations() * at_once);
  state.counters["allocations_per_call"] = static_cast<double>(allocations.load() - before) / calls;
}
BENCHMARK(BM_UnaryCall)->Arg(1)->Arg(64);

}  // namespace
}  // namespace manta
