// A front that calls workers, which it chooses by a policy of its own.
#include <algorithm>

#include <manta/manta.h>

class Worker {
 public:
  int square(int number) { return number * number; }
  using methods = manta::Methods<manta::idempotent<&Worker::square>>;
};

class Chat {
 public:
  explicit Chat(manta::Handle<Worker> worker) : worker_(worker) {}

  manta::Task<int> square(int number) {
    auto answer = worker_.call<&Worker::square>(number);
    co_return co_await answer;
  }
  using methods = manta::Methods<&Chat::square>;

 private:
  manta::Handle<Worker> worker_;
};

// [policy]
manta::RoutingFunction emptiest(const std::string& /* request_router_kwargs */) {
  return [](std::span<const manta::RoutingReplica> replicas, const manta::RoutingRequest&) {
    const auto best = std::ranges::min_element(replicas, {}, &manta::RoutingReplica::load);
    return static_cast<std::size_t>(best - replicas.begin());
  };
}

manta::Application build() {
  return {.ingress = manta::bind<Chat>(manta::bind<Worker>()),
          .routing_policies = {{.name = "emptiest", .make = emptiest}}};
}
// [/policy]
MANTA_APP(build)
