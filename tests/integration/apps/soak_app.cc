// What the soak asks: an ingress and a deployment behind it, calls, streams and batches through a handle.
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <manta/manta.h>

struct Asked {
  std::string text;
  int sleep_ms = 0;
};
BOOST_DESCRIBE_STRUCT(Asked, (), (text, sleep_ms))

struct Answered {
  std::string text, version;
};
BOOST_DESCRIBE_STRUCT(Answered, (), (text, version))

struct TokensAsked {
  int count = 10;
  int pause_ms = 1;
};
BOOST_DESCRIBE_STRUCT(TokensAsked, (), (count, pause_ms))

struct Token {
  int index = 0;
};
BOOST_DESCRIBE_STRUCT(Token, (), (index))

struct Options {
  std::string version = "1";  // another one makes another version of the code: a rollout
  int num_replicas = 2;
};
BOOST_DESCRIBE_STRUCT(Options, (), (version, num_replicas))

class Worker {
 public:
  explicit Worker(Options options) : options_(std::move(options)) {}

  manta::Task<Answered> work(Asked asked) {
    if (asked.sleep_ms > 0) co_await manta::sleep(std::chrono::milliseconds(asked.sleep_ms));
    co_return Answered{.text = std::move(asked.text), .version = options_.version};
  }
  manta::Task<Answered> work_once(Asked asked) { return work(std::move(asked)); }
  manta::Task<Answered> batched(Asked asked) { co_return co_await batcher_.submit(std::move(asked)); }
  manta::Task<void> tokens(TokensAsked asked, manta::Writer<Token> out) {
    for (int i = 0; i < asked.count; ++i) {
      co_await manta::sleep(std::chrono::milliseconds(asked.pause_ms));
      co_await out.write(Token{.index = i});
    }
  }

  using methods = manta::Methods<manta::idempotent<&Worker::work>, &Worker::work_once,
                                 manta::idempotent<&Worker::batched>, &Worker::tokens>;

 private:
  Options options_;
  manta::Batcher<Asked, Answered> batcher_{{.max_batch_size = 8, .batch_wait_timeout_s = 0.002},
                                           [](std::vector<Asked> asked) {
                                             std::vector<Answered> answers;
                                             for (Asked& one : asked)
                                               answers.push_back({.text = std::move(one.text), .version = "batch"});
                                             return answers;
                                           }};
};

class Front {
 public:
  Front(Options, manta::Handle<Worker> worker) : worker_(std::move(worker)) {}

  manta::Task<Answered> ask(Asked asked) {
    auto response = worker_.call<&Worker::work>(std::move(asked));
    co_return co_await response;
  }
  manta::Task<Answered> once(Asked asked) {
    auto response = worker_.call<&Worker::work_once>(std::move(asked));
    co_return co_await response;
  }
  manta::Task<Answered> batched(Asked asked) {
    auto response = worker_.call<&Worker::batched>(std::move(asked));
    co_return co_await response;
  }
  manta::Task<void> tokens(TokensAsked asked, manta::Writer<Token> out) {
    auto tokens = worker_.stream<&Worker::tokens>(std::move(asked));
    for (;;) {
      auto token = co_await tokens.next();
      if (!token) co_return;
      co_await out.write(std::move(*token));
    }
  }

  using methods =
      manta::Methods<manta::idempotent<&Front::ask>, &Front::once, manta::idempotent<&Front::batched>, &Front::tokens>;

 private:
  manta::Handle<Worker> worker_;
};

manta::Application build(const manta::Args& args) {
  const auto options = args.as<Options>();
  const manta::DeploymentConfig config{
      .num_replicas = options.num_replicas, .max_ongoing_requests = 100, .ray_actor_options = {.num_cpus = 0.1}};
  return {.name = "soak",
          .ingress = manta::bind<Front>(options, manta::bind<Worker>(options).with(config)).with(config)};
}
MANTA_APP(build)
