// An application of two deployments: Caller, the ingress, and Worker, which it calls.
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <manta/manta.h>

struct Options {
  double construct_s = 0;            // how long the worker's constructor takes
  bool call_in_constructor = false;  // of the caller
  int callers = 1;
  int workers = 1;
};
BOOST_DESCRIBE_STRUCT(Options, (), (construct_s, call_in_constructor, callers, workers))

struct Worked {
  int number = 0;            // of this piece of work, over all callers
  std::int64_t idle_us = 0;  // since the end of the one before
};
BOOST_DESCRIBE_STRUCT(Worked, (), (number, idle_us))

struct Load {
  int calls = 1;
  int at_once = 1;
  int work_ms = 0;
};
BOOST_DESCRIBE_STRUCT(Load, (), (calls, at_once, work_ms))

struct Loaded {
  int pid = 0;
  std::vector<Worked> works;
};
BOOST_DESCRIBE_STRUCT(Loaded, (), (pid, works))

class Worker {
 public:
  explicit Worker(const Options& options) { ::usleep(static_cast<useconds_t>(options.construct_s * 1e6)); }

  manta::Task<Worked> work(int ms) {
    const auto begun = std::chrono::steady_clock::now();
    Worked worked{.number = ++count_};
    if (count_ > 1) worked.idle_us = std::chrono::duration_cast<std::chrono::microseconds>(begun - ended_).count();
    co_await manta::sleep(std::chrono::milliseconds(ms));
    ended_ = std::chrono::steady_clock::now();
    co_return worked;
  }
  using methods = manta::Methods<&Worker::work>;

 private:
  int count_ = 0;
  std::chrono::steady_clock::time_point ended_;
};

class Caller {
 public:
  Caller(const Options& options, manta::Handle<Worker> worker) : worker_(std::move(worker)) {
    if (options.call_in_constructor) first_ = worker_.call<&Worker::work>(0).get().number;
  }

  // What the call in the constructor returned.
  int first() { return first_; }

  // Keeps `at_once` calls open until `calls` have ended.
  Loaded load(Load wanted) {
    Loaded loaded{.pid = static_cast<int>(::getpid()), .works = {}};
    std::vector<manta::Response<Worked>> open;
    for (int i = 0; i < wanted.at_once; ++i) open.push_back(worker_.call<&Worker::work>(wanted.work_ms));
    while (static_cast<int>(loaded.works.size()) < wanted.calls) {
      const auto done = manta::wait_any(open);
      loaded.works.push_back(open[*done].get());
      open[*done] = worker_.call<&Worker::work>(wanted.work_ms);
    }
    return loaded;
  }

  // The code of the error that calling a deployment of this name ends with.
  std::string call_by_name(std::string deployment) {
    try {
      manta::get_deployment_handle(deployment).call<Worked>("work", 0).get();
    } catch (const manta::Exception& exception) {
      return std::string(manta::name(exception.code()));
    }
    return "";
  }

  using methods = manta::Methods<&Caller::first, &Caller::load, &Caller::call_by_name>;

 private:
  manta::Handle<Worker> worker_;
  int first_ = 0;
};

manta::Application build(const manta::Args& args) {
  const auto options = args.as<Options>();
  const auto config = [](int num_replicas) {
    return manta::DeploymentConfig{
        .num_replicas = num_replicas, .max_ongoing_requests = 1, .ray_actor_options = {.num_cpus = 0.1}};
  };
  const auto worker = manta::bind<Worker>(options).with(config(options.workers));
  return {.name = "graph", .ingress = manta::bind<Caller>(options, worker).with(config(options.callers))};
}
MANTA_APP(build)
