// Front, the ingress, calls Middle, which calls Back: each in processes of its own, or together.
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <manta/manta.h>

struct Seen {
  int entered = 0, left = 0;
  std::vector<int> batches;
};
BOOST_DESCRIBE_STRUCT(Seen, (), (entered, left, batches))

struct Options {
  std::string version = "one";
  std::string broken;  // whose constructor fails
};
BOOST_DESCRIBE_STRUCT(Options, (), (version, broken))

class Back {
 public:
  explicit Back(const Options& options) : version_(options.version) {
    if (options.broken == "Back") throw std::runtime_error("no model at /m");
  }
  manta::Task<std::string> echo(std::string text) { co_return version_ + ":" + text; }
  int pid() { return static_cast<int>(::getpid()); }
  manta::Task<int> hold(double seconds) {
    struct Guard {
      Back& back;
      ~Guard() { ++back.seen_.left; }
    } guard{*this};
    ++seen_.entered;
    co_await manta::sleep(std::chrono::milliseconds(static_cast<int>(seconds * 1e3)));
    co_return 1;
  }
  manta::Task<int> batched(int x) { co_return co_await batcher_.submit(x); }
  manta::Task<void> numbers(int to, manta::Writer<int> out) {
    for (int i = 0; i < to; ++i) co_await out.write(i);
  }
  manta::Task<Seen> seen() { co_return seen_; }
  using methods =
      manta::Methods<&Back::echo, manta::pool<&Back::pid>, &Back::hold, &Back::batched, &Back::numbers, &Back::seen>;

 private:
  std::string version_;
  Seen seen_;
  manta::Batcher<int, int> batcher_{{.max_batch_size = 4, .batch_wait_timeout_s = 10},
                                    [this](std::vector<int> items) {
                                      seen_.batches.push_back(static_cast<int>(items.size()));
                                      return items;
                                    },
                                    nullptr,
                                    "batched"};
};

class Middle {
 public:
  explicit Middle(manta::Handle<Back> back) : back_(std::move(back)) {}
  manta::Task<std::string> echo(std::string text) {
    auto said = back_.call<&Back::echo>(text + "/middle");
    co_return co_await said;
  }
  manta::Task<int> hold(double seconds) {
    auto held = back_.call<&Back::hold>(seconds);
    co_return co_await held;
  }
  using methods = manta::Methods<&Middle::echo, &Middle::hold>;

 private:
  manta::Handle<Back> back_;
};

class Front {
 public:
  Front(manta::Handle<Middle> middle, manta::Handle<Back> back) : middle_(std::move(middle)), back_(std::move(back)) {}

  manta::Task<std::string> echo(std::string text) {
    auto said = middle_.call<&Middle::echo>(text);
    co_return co_await said;
  }
  manta::Task<std::vector<int>> pids() {
    auto of_back = back_.call<&Back::pid>();
    auto of_middle = middle_.where_am_i();
    std::vector<int> pids{static_cast<int>(::getpid())};
    pids.push_back(co_await of_back);
    pids.push_back(static_cast<int>((co_await of_middle).pid));
    co_return pids;
  }
  manta::Task<int> hold(double seconds) {
    auto held = middle_.call<&Middle::hold>(seconds);
    co_return co_await held;
  }
  manta::Task<std::string> hold_briefly(double seconds) {
    auto held = middle_.with({.timeout = std::chrono::milliseconds(50)}).call<&Middle::hold>(seconds);
    std::string code = "none";
    try {
      (void)co_await held;
    } catch (const manta::Exception& exception) {
      code = std::string(manta::name(exception.code()));
    }
    co_return code;
  }
  manta::Task<int> batch(int count) {
    std::vector<manta::Response<int>> calls;
    for (int i = 0; i < count; ++i) calls.push_back(back_.call<&Back::batched>(i));
    int sum = 0;
    for (auto& call : calls) sum += co_await call;
    co_return sum;
  }
  manta::Task<int> stream(int to) {
    auto numbers = back_.stream<&Back::numbers>(to);
    int sum = 0;
    while (auto number = co_await numbers.next()) sum += *number;
    co_return sum;
  }
  manta::Task<Seen> seen() {
    auto asked = back_.call<&Back::seen>();
    co_return co_await asked;
  }
  using methods = manta::Methods<&Front::echo, &Front::pids, &Front::hold, &Front::hold_briefly, &Front::batch,
                                 &Front::stream, &Front::seen>;

 private:
  manta::Handle<Middle> middle_;
  manta::Handle<Back> back_;
};

manta::Application build(const manta::Args& args) {
  const auto options = args.as<Options>();
  const manta::DeploymentConfig config{.max_ongoing_requests = 20, .ray_actor_options = {.num_cpus = 0.1}};
  const auto back = manta::bind<Back>(options).with(config);
  const auto middle = manta::bind<Middle>(back).with(config);
  return {.name = "chain", .ingress = manta::bind<Front>(middle, back).with(config)};
}
MANTA_APP(build)
