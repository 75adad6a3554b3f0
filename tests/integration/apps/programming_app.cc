// What a deployment class may have besides methods, and what its methods may take: hooks, statistics, models, declared
// places, raw requests and streams. Front, the ingress, calls Worker and Blocker.
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <manta/manta.h>
#include <manta/multiplexed.h>

struct Options {
  std::string events;  // a file: what the hooks of Worker append to
  bool refuse = false;
  int workers = 1;
  bool by_weight = false;  // Front calls Worker with its own routing policy
};
BOOST_DESCRIBE_STRUCT(Options, (), (events, refuse, workers, by_weight))

struct Summed {
  std::int64_t total = 0;
  int count = 0;
  int pid = 0;
};
BOOST_DESCRIBE_STRUCT(Summed, (), (total, count, pid))

struct Predicted {
  std::string model;
  int pid = 0;
  int loads = 0;
};
BOOST_DESCRIBE_STRUCT(Predicted, (), (model, pid, loads))

struct Failure {
  std::string code, message;
  int produced = 0;
};
BOOST_DESCRIBE_STRUCT(Failure, (), (code, message, produced))

class Worker {
 public:
  explicit Worker(const Options& options) : options_(options) {}

  manta::Task<void> on_start() {
    if (options_.refuse) throw std::runtime_error("no licence for this machine");
    note("start");
    co_return;
  }
  void on_stop() { note("stop"); }
  std::map<std::string, double> record_autoscaling_stats() { return {{"depth", 7.5}}; }
  std::map<std::string, double> record_routing_stats() {
    return {{"weight", static_cast<double>(manta::replica_context().rank)}};
  }

  manta::Task<Summed> sum(manta::Reader<int> in) {
    Summed summed{.pid = static_cast<int>(::getpid())};
    while (auto item = co_await in.next()) {
      summed.total += *item;
      ++summed.count;
    }
    co_return summed;
  }
  manta::Task<void> scaled(int by, manta::Reader<int> in, manta::Writer<int> out) {
    while (auto item = co_await in.next()) co_await out.write(*item * by);
  }
  // Reads one item, then none for a while, and no more.
  manta::Task<std::string> first(int wait_ms, manta::Reader<std::string> in) {
    auto item = co_await in.next();
    co_await manta::sleep(std::chrono::milliseconds(wait_ms));
    co_return item.value_or("").substr(0, 10);
  }
  manta::Task<manta::HttpResponse> mirror(manta::HttpRequest request) {
    co_return manta::HttpResponse{.status = 201,
                                  .headers = {{"x-path", request.path}},
                                  .body = request.method + " " + request.query_string + " " + request.body};
  }
  manta::Task<void> page(manta::HttpRequest request, manta::HttpWriter out) {
    co_await out.start(202, {{"content-type", "text/x-page"}});
    for (int i = 0; i < 3; ++i) co_await out.write(request.body + std::to_string(i));
  }
  manta::Task<Predicted> predict() {
    auto model = co_await models_.get();
    co_await manta::sleep(std::chrono::milliseconds(50));
    co_return Predicted{*model, static_cast<int>(::getpid()), loads_};
  }
  // How many of these run at once.
  manta::Task<int> alone() {
    const int now = ++inside_;
    co_await manta::sleep(std::chrono::milliseconds(20));
    --inside_;
    co_return now;
  }
  manta::Task<int> pid() { co_return static_cast<int>(::getpid()); }
  using methods = manta::Methods<&Worker::sum, &Worker::scaled, &Worker::first, &Worker::mirror, &Worker::page,
                                 &Worker::predict, manta::exclusive<&Worker::alone>, &Worker::pid>;

 private:
  void note(const std::string& what) const {
    if (options_.events.empty()) return;
    std::ofstream(options_.events, std::ios::app) << what << ' ' << ::getpid() << '\n';
  }

  Options options_;
  std::atomic<int> loads_ = 0;
  int inside_ = 0;
  manta::Multiplexed<std::string> models_{2, [this](const std::string& id) {
                                            ++loads_;
                                            return std::make_shared<std::string>(id);
                                          }};
};

class Blocker {
 public:
  int block(int ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
    return ms;
  }
  int aside() { return 1; }
  void check_health() {}
  using methods = manta::Methods<&Blocker::block, manta::dedicated<&Blocker::aside>>;
};

class Front {
 public:
  Front(const Options& options, manta::Handle<Worker> worker, manta::Handle<Blocker> blocker)
      : worker_(options.by_weight ? worker.with({.policy = "custom:heaviest"}) : worker),
        blocker_(std::move(blocker)) {}

  manta::Task<Summed> sum_to(int count) {
    auto numbers = [i = 0, count]() mutable { return i < count ? std::optional<int>(++i) : std::nullopt; };
    co_return co_await worker_.call<&Worker::sum>(numbers);
  }
  manta::Task<void> tripled(manta::Reader<int> in, manta::Writer<int> out) {
    auto scaled = worker_.stream<&Worker::scaled>(3, std::move(in));
    while (auto item = co_await scaled.next()) co_await out.write(*item);
  }
  // The sums of a range, a function, a stream that is passed on and one that is written here.
  manta::Task<std::vector<std::int64_t>> sources(manta::Reader<int> reader) {
    // [sources]
    auto a = worker_.call<&Worker::sum>(std::vector<int>{1, 2});  // a range
    auto countdown = [left = 3]() mutable { return left > 0 ? std::optional<int>(left--) : std::nullopt; };
    auto b = worker_.call<&Worker::sum>(countdown);  // a function: std::optional<int>, or a Task of one
    auto c = worker_.stream<&Worker::scaled>(10, std::move(reader));  // the items of another stream, passed on
    auto [feed, source] = manta::make_stream<int>();                  // written while the call runs, from any thread
    auto d = worker_.call<&Worker::sum>(std::move(source));
    co_await feed.write(4);  // or feed.write_blocking(4)
    feed.close();
    // [/sources]
    std::int64_t scaled = 0;
    while (auto item = co_await c.next()) scaled += *item;
    const Summed range = co_await a, function = co_await b, fed = co_await d;
    co_return std::vector<std::int64_t>{range.total, function.total, scaled, fed.total};
  }
  // How the call ended, and how many items of 1 KiB its endless source had to give.
  manta::Task<Failure> endless(int wait_ms) {
    const auto produced = std::make_shared<int>(0);
    auto source = [produced]() -> std::optional<std::string> {
      ++*produced;
      return std::string(1024, 'x');
    };
    auto first = worker_.call<&Worker::first>(wait_ms, source);
    const std::string text = co_await first;
    co_return Failure{"", text, *produced};
  }
  // The endless source of a call that is given up after a while: whether it is let go.
  manta::Task<bool> given_up(int after_ms) {
    const auto held = std::make_shared<int>(0);
    {
      auto first = worker_.call<&Worker::first>(
          60'000, [held]() -> std::optional<std::string> { return std::string(1024, 'x'); });
      co_await manta::sleep(std::chrono::milliseconds(after_ms));
    }
    for (int i = 0; i < 400 && held.use_count() > 1; ++i) co_await manta::sleep(std::chrono::milliseconds(5));
    co_return held.use_count() == 1;
  }
  manta::Task<Failure> failing() {
    auto source = [i = 0]() mutable -> std::optional<int> {
      if (++i > 3) throw manta::HttpError(409, "the third was the last");
      return i;
    };
    Failure failure;
    try {
      co_await worker_.call<&Worker::sum>(source);
    } catch (const manta::Exception& exception) {
      failure = {std::string(manta::name(exception.code())), exception.error().message, exception.error().status};
    }
    co_return failure;
  }
  manta::Task<manta::HttpResponse> pass(manta::HttpRequest request) {
    co_return co_await worker_.call<&Worker::mirror>(std::move(request));
  }
  manta::Task<void> pass_page(manta::HttpRequest request, manta::HttpWriter out) {
    auto answer = worker_.stream<&Worker::page>(std::move(request));
    auto head = co_await answer.head();
    co_await out.start(head.status, std::move(head.headers));
    while (auto bytes = co_await answer.next()) co_await out.write(std::move(*bytes));
  }
  manta::Task<Predicted> predict() { co_return co_await worker_.call<&Worker::predict>(); }
  manta::Task<int> most_alone(int calls) {
    std::vector<manta::Response<int>> open;
    for (int i = 0; i < calls; ++i) open.push_back(worker_.call<&Worker::alone>());
    int most = 0;
    for (auto& each : open) most = std::max(most, co_await each);
    co_return most;
  }
  manta::Task<int> worker_pid() { co_return co_await worker_.call<&Worker::pid>(); }
  manta::Task<int> block(int ms) { co_return co_await blocker_.call<&Blocker::block>(ms); }
  manta::Task<int> aside() { co_return co_await blocker_.call<&Blocker::aside>(); }
  // A response as an argument.
  manta::Task<int> block_briefly() {
    auto aside = blocker_.call<&Blocker::aside>();
    co_return co_await blocker_.call<&Blocker::block>(std::move(aside));
  }
  manta::Task<manta::WhereAmI> where() { co_return co_await blocker_.where_am_i(); }
  using methods =
      manta::Methods<&Front::sum_to, &Front::tripled, &Front::endless, &Front::given_up, &Front::sources,
                     &Front::failing, manta::route<"*", "/pass/*", &Front::pass>,
                     manta::route<"POST", "/page", &Front::pass_page>, &Front::predict, &Front::most_alone,
                     &Front::worker_pid, &Front::block, &Front::aside, &Front::block_briefly, &Front::where>;

 private:
  manta::Handle<Worker> worker_;
  manta::Handle<Blocker> blocker_;
};

std::size_t heaviest(std::span<const manta::RoutingReplica> replicas, const manta::RoutingRequest&) {
  std::size_t best = 0;
  double most = -1;
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    if (!replicas[i].stats || !replicas[i].stats->contains("weight")) continue;
    const double weight = replicas[i].stats->at("weight");
    if (weight > most) best = i;
    most = std::max(most, weight);
  }
  return best;
}

manta::Application build(const manta::Args& args) {
  const auto options = args.as<Options>();
  const manta::Resources small{.num_cpus = 0.1};
  auto worker = manta::bind<Worker>(options).with(
      {.num_replicas = options.workers, .max_ongoing_requests = 20, .ray_actor_options = small});
  auto blocker = manta::bind<Blocker>().with({.max_ongoing_requests = 4,
                                              .ray_actor_options = small,
                                              .health_check_period_s = 0.2,
                                              .health_check_timeout_s = 0.5});
  return {
      .name = "test",
      .ingress =
          manta::bind<Front>(options, worker, blocker).with({.max_ongoing_requests = 50, .ray_actor_options = small}),
      .routing_policies = {{.name = "heaviest", .make = [](const std::string&) { return heaviest; }}}};
}
MANTA_APP(build)
