// The applications behind the rows of bench/run. bench/apps/ray_apps.py has the same ones for Ray Serve.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <manta/manta.h>

namespace {

struct Parameters {
  int top_k = 0;
  double t = 0;
};
BOOST_DESCRIBE_STRUCT(Parameters, (), (top_k, t))

struct Question {
  std::string id, text;
  Parameters params;
};
BOOST_DESCRIBE_STRUCT(Question, (), (id, text, params))

struct Answer {
  bool ok = true;
  int fields = 3;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (ok, fields))

struct Payload {
  std::string data;
};
BOOST_DESCRIBE_STRUCT(Payload, (), (data))

struct EventsRequest {
  int count = 50;
  double pause_ms = 0;  // between two events
};
BOOST_DESCRIBE_STRUCT(EventsRequest, (), (count, pause_ms))

struct Event {
  int index = 0;
  std::string delta, finish_reason;
};
BOOST_DESCRIBE_STRUCT(Event, (), (index, delta, finish_reason))

struct TimeCalls {
  int count = 1000;
  int bytes = 200;
};
BOOST_DESCRIBE_STRUCT(TimeCalls, (), (count, bytes))

struct Latencies {
  double p50_us = 0, p99_us = 0;
};
BOOST_DESCRIBE_STRUCT(Latencies, (), (p50_us, p99_us))

class Noop {
 public:
  manta::Task<Answer> call(Question) { co_return Answer{}; }
  manta::Task<Answer> once(Question) { co_return Answer{}; }  // not marked idempotent

  using methods = manta::Methods<manta::idempotent<&Noop::call>, &Noop::once>;
};

class Echo {
 public:
  manta::Task<Payload> echo(Payload payload) { co_return payload; }

  manta::Task<void> events(EventsRequest request, manta::Writer<Event> out) {
    const auto pause = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double, std::milli>(request.pause_ms));
    for (int i = 0; i < request.count; ++i) {
      if (i > 0 && pause.count() > 0) co_await manta::sleep(pause);
      Event event{.index = i, .delta = " word", .finish_reason = ""};
      co_await out.write(std::move(event));
    }
  }

  using methods = manta::Methods<&Echo::echo, &Echo::events>;
};

// Passes everything on to a second deployment.
class Front {
 public:
  explicit Front(manta::Handle<Echo> echo) : echo_(std::move(echo)) {}

  manta::Task<Payload> call(Payload payload) {
    auto response = echo_.call<&Echo::echo>(std::move(payload));
    co_return co_await response;
  }

  manta::Task<void> events(EventsRequest request, manta::Writer<Event> out) {
    auto events = echo_.stream<&Echo::events>(std::move(request));
    for (;;) {
      auto event = co_await events.next();
      if (!event) co_return;
      co_await out.write(std::move(*event));
    }
  }

  // One call through the handle after the other: what one hop takes when nothing else is open.
  manta::Task<Latencies> time_calls(TimeCalls calls) {
    const Payload payload{.data = std::string(static_cast<std::size_t>(calls.bytes), 'x')};
    std::vector<double> microseconds;
    for (int i = 0; i < calls.count; ++i) {
      const auto begun = std::chrono::steady_clock::now();
      auto response = echo_.call<&Echo::echo>(payload);
      Payload echoed = co_await response;
      const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begun;
      microseconds.push_back(took.count());
    }
    std::ranges::sort(microseconds);
    co_return Latencies{.p50_us = microseconds[microseconds.size() / 2],
                        .p99_us = microseconds[microseconds.size() * 99 / 100]};
  }

  using methods = manta::Methods<&Front::call, &Front::events, &Front::time_calls>;

 private:
  manta::Handle<Echo> echo_;
};

// Between Front's place and Echo's: with ChainFront a chain of three deployments.
class Relay {
 public:
  explicit Relay(manta::Handle<Echo> echo) : echo_(std::move(echo)) {}
  manta::Task<Payload> pass(Payload payload) {
    auto response = echo_.call<&Echo::echo>(std::move(payload));
    co_return co_await response;
  }
  using methods = manta::Methods<&Relay::pass>;

 private:
  manta::Handle<Echo> echo_;
};

class ChainFront {
 public:
  explicit ChainFront(manta::Handle<Relay> relay) : relay_(std::move(relay)) {}
  manta::Task<Payload> call(Payload payload) {
    auto response = relay_.call<&Relay::pass>(std::move(payload));
    co_return co_await response;
  }
  using methods = manta::Methods<&ChainFront::call>;

 private:
  manta::Handle<Relay> relay_;
};

// Takes a body as it is and throws it away: what the bytes cost on their way, without JSON.
class Sink {
 public:
  manta::Task<manta::HttpResponse> take(manta::HttpRequest request) {
    co_return manta::HttpResponse::json("{\"bytes\":" + std::to_string(request.body.size()) + "}");
  }
  using methods = manta::Methods<manta::route<"POST", "/take", &Sink::take>>;
};

// As many methods as give an application ten routes, with that of its OpenAPI document.
class Wide {
 public:
  manta::Task<Answer> m1(Question) { co_return Answer{}; }
  manta::Task<Answer> m2(Question) { co_return Answer{}; }
  manta::Task<Answer> m3(Question) { co_return Answer{}; }
  manta::Task<Answer> m4(Question) { co_return Answer{}; }
  manta::Task<Answer> m5(Question) { co_return Answer{}; }
  manta::Task<Answer> m6(Question) { co_return Answer{}; }
  manta::Task<Answer> m7(Question) { co_return Answer{}; }
  manta::Task<Answer> m8(Question) { co_return Answer{}; }
  manta::Task<Answer> m9(Question) { co_return Answer{}; }

  using methods =
      manta::Methods<&Wide::m1, &Wide::m2, &Wide::m3, &Wide::m4, &Wide::m5, &Wide::m6, &Wide::m7, &Wide::m8, &Wide::m9>;
};

// A model that takes 5 ms, whatever the size of the batch.
class Batch {
 public:
  manta::Task<Answer> call(Question question) { co_return co_await batcher_.submit(std::move(question)); }

  using methods = manta::Methods<&Batch::call>;

 private:
  manta::Batcher<Question, Answer> batcher_{
      {.max_batch_size = 32, .batch_wait_timeout_s = 0.01, .wait = manta::BatchWait::Adaptive},
      [](std::vector<Question> questions) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        return std::vector<Answer>(questions.size());
      }};
};

struct Replicas {
  int num_replicas = 1;
};
BOOST_DESCRIBE_STRUCT(Replicas, (), (num_replicas))

template <class D, class... A>
auto deployment(const A&... arguments) {
  return manta::bind<D>(arguments...).with({.max_ongoing_requests = 256, .ray_actor_options = {.num_cpus = 0.1}});
}

manta::Application noop(const manta::Args& args) {
  return {.name = "noop",
          .ingress = manta::bind<Noop>().with({.num_replicas = args.as<Replicas>().num_replicas,
                                               .max_ongoing_requests = 256,
                                               .ray_actor_options = {.num_cpus = 0.01}})};
}
manta::Application chain(const manta::Args&) {
  return {.name = "chain", .ingress = deployment<ChainFront>(deployment<Relay>(deployment<Echo>()))};
}
manta::Application sink(const manta::Args&) { return {.name = "sink", .ingress = deployment<Sink>()}; }
// Ten routes and, while nobody asks, no process.
manta::Application wide(const manta::Args&) {
  manta::DeploymentConfig config{.ray_actor_options = {.num_cpus = 0.01}};
  config.autoscaling_config = manta::AutoscalingConfig{.min_replicas = 0, .initial_replicas = 0, .max_replicas = 1};
  return {.name = "wide", .ingress = manta::bind<Wide>().with(config)};
}
// As `source`, for thousands of streams in one replica.
manta::Application crowd(const manta::Args&) {
  return {
      .name = "crowd",
      .ingress = manta::bind<Echo>().with({.max_ongoing_requests = 20'000, .ray_actor_options = {.num_cpus = 0.1}})};
}
manta::Application composition(const manta::Args&) {
  return {.name = "composition", .ingress = deployment<Front>(deployment<Echo>())};
}
manta::Application source(const manta::Args&) { return {.name = "source", .ingress = deployment<Echo>()}; }
manta::Application batch(const manta::Args&) { return {.name = "batch", .ingress = deployment<Batch>()}; }

}  // namespace

MANTA_APP(noop)
MANTA_APP(chain)
MANTA_APP(sink)
MANTA_APP(wide)
MANTA_APP(crowd)
MANTA_APP(composition)
MANTA_APP(source)
MANTA_APP(batch)
