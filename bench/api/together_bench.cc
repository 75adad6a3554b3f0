// One call through a handle to a deployment in the same process (placement: together), a coroutine method that returns
// what it is given: processor time and allocations of both sides together.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include <manta/manta.h>

#include "api/handle_callers.h"
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

struct Numbers {
  std::vector<double> values;
};
BOOST_DESCRIBE_STRUCT(Numbers, (), (values))

struct Callee {
  Task<Numbers> same(Numbers numbers) { co_return numbers; }
  using methods = Methods<&Callee::same>;
};

// Two replicas of one process: the callee, and one whose handle calls it.
struct Process {
  SystemClock clock;
  Loop loop{clock};
  Metrics metrics, callers_metrics;
  Logger logger{{.component = "bench", .level = LogLevel::Error, .async = false}};
  api::Graph graph = value_or_throw(api::make_graph({.name = "app", .ingress = bind<Callee>()}));
  std::unique_ptr<api::ReplicaRuntime> callee = make("Callee", metrics);
  std::unique_ptr<api::ReplicaRuntime> caller = make("Callee", callers_metrics);

  std::unique_ptr<api::ReplicaRuntime> make(const std::string& deployment, Metrics& figures) {
    api::ReplicaRuntimeOptions options{
        .identity = {.application = "app", .deployment = deployment, .id = deployment + "#1"},
        .graph = [this] { return graph; },
        .connect = [](const spec::ReplicaAddress&) { return std::unique_ptr<net::Channel>(); },
        .shares_loop = true};
    options.identity.config.max_ongoing_requests = 1000;
    return std::make_unique<api::ReplicaRuntime>(loop, figures, logger, std::move(options));
  }

  Process() {
    caller->add_neighbour(*callee);
    for (const auto& runtime : {callee.get(), caller.get()}) {
      runtime->start();
      while (runtime->state().state == "STARTING") loop.poll();
    }
    loop.poll();
  }
  ~Process() {
    caller.reset();
    callee.reset();
  }
};

Task<void> call(Handle<Callee> callee, int times, std::size_t size) {
  Numbers numbers{std::vector<double>(size, 0.5)};
  for (int i = 0; i < times; ++i) {
    auto same = callee.call<&Callee::same>(std::move(numbers));
    numbers = co_await same;
    if (numbers.values.size() != size) std::abort();
  }
}

void BM_CallTogether(benchmark::State& state) {
  constexpr int kCalls = 100;
  Process process;
  TaskScope scope(process.loop);
  const Handle<Callee> callee(process.caller->caller_of("app", "Callee"));
  auto request = std::make_shared<RequestContext>();
  request->request_id = "0123456789abcdef0123456789abcdef";
  const detail::ScopedRequest for_request(request);
  const std::size_t before = allocations.load();
  for (auto _ : state) {
    scope.spawn(call(callee, kCalls, static_cast<std::size_t>(state.range(0))));
    process.loop.poll();
  }
  const auto calls = static_cast<double>(state.iterations() * kCalls);
  state.SetItemsProcessed(state.iterations() * kCalls);
  state.counters["allocations_per_call"] = static_cast<double>(allocations.load() - before) / calls;
}
BENCHMARK(BM_CallTogether)->Arg(8)->Arg(100'000);

}  // namespace
}  // namespace manta
