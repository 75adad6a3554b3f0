// A coroutine method that returns what it is given, called again and again by another coroutine: as a virtual function
// of plain C++, through a handle to a deployment in the same process (placement: together), and through a handle to one
// in another process. Wall-clock time and, on the caller's side, allocations; within a process that is both sides.
#include <benchmark/benchmark.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include <manta/manta.h>

#include "api/graph.h"
#include "api/replica_runtime.h"
#include "base/task_scope.h"

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

constexpr int kCalls = 100;

struct Numbers {
  std::vector<double> values;
};
BOOST_DESCRIBE_STRUCT(Numbers, (), (values))

struct Callee {
  Task<Numbers> same(Numbers numbers) { co_return numbers; }
  using methods = Methods<&Callee::same>;
};

struct VirtualCallee {
  virtual ~VirtualCallee() = default;
  virtual Task<Numbers> same(Numbers numbers) { co_return numbers; }
};

struct Caller {
  explicit Caller(Handle<Callee>) {}
  Task<void> idle() { co_return; }
  using methods = Methods<&Caller::idle>;
};

// One loop and the replicas on it.
struct Process {
  SystemClock clock;
  Loop loop{clock};
  Logger logger{{.component = "bench", .level = LogLevel::Error, .async = false}};
  net::ReceiveBudget budget;
  api::Graph graph = value_or_throw(api::make_graph({.name = "app", .ingress = bind<Caller>(bind<Callee>())}));
  Metrics callee_figures, caller_figures;
  std::unique_ptr<api::ReplicaRuntime> callee, caller;  // null: not here
  TaskScope scope{loop};

  ~Process() {
    scope.cancel_all();
    caller.reset();
    callee.reset();
  }

  // `shared`: they are on one loop. `connected`: how the caller reaches a callee that is not.
  std::unique_ptr<api::ReplicaRuntime> make(const char* deployment, Metrics& figures, bool shared, int connected = -1) {
    api::ReplicaRuntimeOptions options{
        .identity = {.application = "app", .deployment = deployment, .id = std::string(deployment) + "#1"},
        .graph = [this] { return graph; },
        .connect =
            [this, connected](const spec::ReplicaAddress&) {
              return std::make_unique<net::Channel>(loop, connected, net::ChannelOptions{}, budget);
            },
        .shares_loop = shared};
    options.identity.config.max_ongoing_requests = 1000;
    return std::make_unique<api::ReplicaRuntime>(loop, figures, logger, std::move(options));
  }

  void start(api::ReplicaRuntime& replica) {
    replica.start();
    while (replica.state().state == "STARTING") loop.poll();
  }

  void measure(benchmark::State& state, Task<void> (*calls)(Handle<Callee>, Loop*, std::size_t)) {
    const Handle<Callee> handle(caller->caller_of("app", "Callee"));
    const auto request = std::make_shared<RequestContext>();
    request->request_id = "0123456789abcdef0123456789abcdef";
    const auto run = [&] {
      loop.post([&] {
        const detail::ScopedRequest for_request(request);
        scope.spawn(calls(handle, &loop, static_cast<std::size_t>(state.range(0))));
      });
      loop.run();
    };
    run();
    const std::size_t before = allocations.load();
    for (auto _ : state) run();
    state.SetItemsProcessed(state.iterations() * kCalls);
    const std::size_t made = allocations.load() - before;
    state.counters["allocations_per_call"] =
        static_cast<double>(made) / static_cast<double>(state.iterations() * kCalls);
  }
};

Task<void> through_handle(Handle<Callee> callee, Loop* loop, std::size_t size) {
  Numbers numbers{std::vector<double>(size, 0.5)};
  for (int i = 0; i < kCalls; ++i) {
    auto same = callee.call<&Callee::same>(std::move(numbers));
    numbers = co_await same;
    if (numbers.values.size() != size) std::abort();
  }
  loop->stop();
}

Task<void> through_virtual_function(Handle<Callee>, Loop* loop, std::size_t size) {
  const auto callee = std::make_unique<VirtualCallee>();
  Numbers numbers{std::vector<double>(size, 0.5)};
  for (int i = 0; i < kCalls; ++i) {
    auto same = callee->same(std::move(numbers));
    numbers = co_await same;
    if (numbers.values.size() != size) std::abort();
  }
  loop->stop();
}

void together(benchmark::State& state, Task<void> (*calls)(Handle<Callee>, Loop*, std::size_t)) {
  Process process;
  process.callee = process.make("Callee", process.callee_figures, true);
  process.caller = process.make("Caller", process.caller_figures, true);
  process.caller->add_neighbour(*process.callee);
  process.start(*process.callee);
  process.start(*process.caller);
  process.loop.poll();
  process.measure(state, calls);
}

void BM_VirtualCall(benchmark::State& state) { together(state, &through_virtual_function); }
void BM_CallTogether(benchmark::State& state) { together(state, &through_handle); }

[[noreturn]] void serve(int fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  Process process;
  process.callee = process.make("Callee", process.callee_figures, false);
  process.start(*process.callee);
  process.callee->accept(fd);
  process.loop.run();
  _exit(0);
}

void BM_CallBetweenProcesses(benchmark::State& state) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) std::abort();
  const pid_t server = fork();
  if (server == 0) serve(ends[0]);
  close(ends[0]);
  {
    Process process;
    process.caller = process.make("Caller", process.caller_figures, false, ends[1]);
    process.start(*process.caller);
    spec::ReplicaSet set{.application = "app", .deployment = "Callee"};
    set.replicas = {{.id = "Callee#1", .address = "there", .max_ongoing_requests = 1000}};
    process.caller->update({.deployments = {std::move(set)}});
    process.measure(state, &through_handle);
  }
  kill(server, SIGKILL);
  waitpid(server, nullptr, 0);
}

BENCHMARK(BM_VirtualCall)->Arg(8)->Arg(100'000)->UseRealTime();
BENCHMARK(BM_CallTogether)->Arg(8)->Arg(100'000)->UseRealTime();
BENCHMARK(BM_CallBetweenProcesses)->Arg(8)->Arg(100'000)->UseRealTime();

}  // namespace
}  // namespace manta
