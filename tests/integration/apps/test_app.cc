// An application with one deployment whose behaviour the arguments choose: what integration tests of processes need.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

#include <sys/types.h>
#include <unistd.h>

#include <manta/manta.h>

#ifndef TEST_APP_VERSION
#define TEST_APP_VERSION "one"
#endif

struct Question {
  std::string text;
  int sleep_ms = 0;
};
BOOST_DESCRIBE_STRUCT(Question, (), (text, sleep_ms))

struct Answer {
  std::string text, version;
  int pid = 0;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (text, version, pid))

struct Options {
  std::string name = "test";
  std::string fail_constructor;  // what the constructor throws
  std::string fail_until;        // a file: the constructor throws while it does not exist
  std::string unhealthy_while;   // a file: check_health fails while it exists
  int exit_in_constructor = 0;   // exit code; 0 = does not exit
  double construct_s = 0;        // how long the constructor takes
  bool child_process = false;    // start an engine-like child
  bool daemon_process = false;   // start a child that leaves the process group
  int num_replicas = 1;
  double num_cpus = 0.1;
  double health_check_period_s = 10;
};
BOOST_DESCRIBE_STRUCT(Options, (),
                      (name, fail_constructor, fail_until, unhealthy_while, exit_in_constructor, construct_s,
                       child_process, daemon_process, num_replicas, num_cpus, health_check_period_s))

namespace {

void start_sleeper(bool leaves_group) {
  if (::fork() != 0) return;
  if (leaves_group) ::setsid();
  ::execl("/bin/sleep", "sleep", "1000", nullptr);
  ::_exit(1);
}

bool exists(const std::string& path) { return !path.empty() && ::access(path.c_str(), F_OK) == 0; }

}  // namespace

class Echo {
 public:
  explicit Echo(Options options) : options_(std::move(options)) {
    std::fprintf(stderr, "loading %s\n", TEST_APP_VERSION);
    if (options_.construct_s > 0) ::usleep(static_cast<useconds_t>(options_.construct_s * 1e6));
    if (options_.exit_in_constructor != 0) {
      std::fputs("the last words before the exit\n", stderr);
      ::_exit(options_.exit_in_constructor);
    }
    if (!options_.fail_constructor.empty()) throw std::runtime_error(options_.fail_constructor);
    if (!options_.fail_until.empty() && !exists(options_.fail_until)) throw std::runtime_error("not yet");
    if (options_.child_process) start_sleeper(false);
    if (options_.daemon_process) start_sleeper(true);
  }

  manta::Task<Answer> echo(Question question) { co_return co_await answer(std::move(question)); }
  manta::Task<Answer> once(Question question) { co_return co_await answer(std::move(question)); }
  manta::Task<Answer> call(Question question) { co_return co_await answer(std::move(question)); }

  void check_health() const {
    if (exists(options_.unhealthy_while)) throw std::runtime_error("told to be unhealthy");
  }

  using methods = manta::Methods<manta::idempotent<&Echo::echo>, &Echo::once, manta::idempotent<&Echo::call>>;

 private:
  static manta::Task<Answer> answer(Question question) {
    if (question.sleep_ms > 0) co_await manta::sleep(std::chrono::milliseconds(question.sleep_ms));
    co_return Answer{
        .text = std::move(question.text), .version = TEST_APP_VERSION, .pid = static_cast<int>(::getpid())};
  }

  Options options_;
};

struct Lookup {
  std::string deployment, application;
};
BOOST_DESCRIBE_STRUCT(Lookup, (), (deployment, application))

class Partner {
 public:
  bool there() { return true; }
  using methods = manta::Methods<&Partner::there>;
};

// Says of which application the deployment is that a name leads to.
class Finder {
 public:
  Finder() = default;
  explicit Finder(manta::Handle<Partner>) {}
  std::string find(Lookup lookup) {
    const auto handle = manta::get_deployment_handle(lookup.deployment, lookup.application);
    return handle.call<manta::WhereAmI>("where_am_i").get(std::chrono::seconds(10)).application;
  }
  using methods = manta::Methods<&Finder::find>;
};

struct Tuning {
  int level = 0;
};
BOOST_DESCRIBE_STRUCT(Tuning, (), (level))

struct Tuned {
  int level = 0;
  int pid = 0;
};
BOOST_DESCRIBE_STRUCT(Tuned, (), (level, pid))

// Takes its user_config while it runs.
class Dial {
 public:
  void reconfigure(Tuning tuning) {
    if (tuning.level < 0) throw std::invalid_argument("a level is not negative");
    level_ = tuning.level;
  }
  Tuned call() { return {.level = level_, .pid = static_cast<int>(::getpid())}; }
  using methods = manta::Methods<&Dial::call>;

 private:
  int level_ = 0;
};

manta::DeploymentConfig small() { return {.ray_actor_options = {.num_cpus = 0.1}}; }

manta::Application build_finder(const manta::Args&) { return {.ingress = manta::bind<Finder>().with(small())}; }
MANTA_APP(build_finder)

manta::Application build_dial(const manta::Args&) { return {.ingress = manta::bind<Dial>().with(small())}; }
MANTA_APP(build_dial)

manta::Application build_pair(const manta::Args&) {
  return {.ingress = manta::bind<Finder>(manta::bind<Partner>().with(small())).with(small())};
}
MANTA_APP(build_pair)

manta::Application build(const manta::Args& args) {
  const auto options = args.as<Options>();
  manta::DeploymentConfig config{.num_replicas = options.num_replicas, .max_ongoing_requests = 100};
  config.ray_actor_options.num_cpus = options.num_cpus;
  config.health_check_period_s = options.health_check_period_s;
  return {.name = options.name, .ingress = manta::bind<Echo>(options).with(config)};
}
MANTA_APP(build)

manta::Application build_forever(const manta::Args&) {
  std::fputs("building for ever\n", stderr);
  for (;;) ::pause();
}
MANTA_APP(build_forever)

manta::Application build_throws(const manta::Args&) { throw std::runtime_error("the build refuses"); }
MANTA_APP(build_throws)
