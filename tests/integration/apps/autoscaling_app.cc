// Workers that report a figure, and policies that do what a file says: what tests of autoscaling policies need.
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>

#include <unistd.h>

#include <manta/manta.h>

struct Depth {
  double depth = 0;
};
BOOST_DESCRIBE_STRUCT(Depth, (), (depth))

class Worker {
 public:
  int set_depth(Depth depth) {
    depth_ = depth.depth;
    return static_cast<int>(::getpid());
  }
  std::map<std::string, double> record_autoscaling_stats() { return {{"depth", depth_}}; }
  using methods = manta::Methods<&Worker::set_depth>;

 private:
  double depth_ = 0;
};

class Front {
 public:
  explicit Front(manta::Handle<Worker> worker) : worker_(std::move(worker)) {}
  manta::Task<int> set_depth(Depth depth) { co_return co_await worker_.call<&Worker::set_depth>(depth); }
  using methods = manta::Methods<&Front::set_depth>;

 private:
  manta::Handle<Worker> worker_;
};

namespace {

// The first word of the file.
std::string word_in(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// A number of replicas, or what else may happen to a policy.
double obey(const std::string& word) {
  if (word == "throw") throw std::runtime_error("told to throw");
  if (word == "crash") ::raise(SIGSEGV);
  if (word == "exit") std::_Exit(3);
  while (word == "hang") ::pause();
  return word.empty() ? 1 : std::stod(word);
}

manta::AutoscalingFunction obedient(const manta::Args& kwargs) {
  return [file = kwargs.get<std::string>("file")](const manta::AutoscalingContext& context) {
    const int calls = context.state().get("calls", 0) + 1;
    return manta::AutoscalingDecision{.num_replicas = obey(word_in(file)),
                                      .state = manta::state_of(std::map<std::string, int>{{"calls", calls}})};
  };
}

// So that on average `target` of the workers' figure comes on each.
manta::AutoscalingFunction follow_depth(const manta::Args& kwargs) {
  return [target = kwargs.get("target", 5.0)](const manta::AutoscalingContext& context) {
    double sum = 0;
    const auto depth = context.latest_metrics.find("depth");
    if (depth == context.latest_metrics.end())
      return manta::AutoscalingDecision{.num_replicas = static_cast<double>(context.target_num_replicas)};
    for (const auto& [replica, value] : depth->second) sum += value;
    return manta::AutoscalingDecision{.num_replicas = sum / target};
  };
}

// The workers get what the file says, and the front the rest of `total`.
manta::ApplicationAutoscalingFunction balance(const manta::Args& kwargs) {
  return [file = kwargs.get<std::string>("file"),
          total = kwargs.get("total", 5)](const std::map<std::string, manta::AutoscalingContext>& contexts) {
    const double workers = obey(word_in(file));
    std::map<std::string, manta::AutoscalingDecision> decisions;
    for (const auto& [name, context] : contexts)
      decisions[name].num_replicas = name == "Worker" ? workers : total - workers;
    return decisions;
  };
}

manta::DeploymentConfig small() { return {.ray_actor_options = {.num_cpus = 0.1}}; }

manta::Application build() {
  return {
      .name = "test",
      .ingress = manta::bind<Front>(manta::bind<Worker>().with(small())).with(small()),
      .autoscaling_policies = {{.name = "obedient", .make = obedient}, {.name = "follow_depth", .make = follow_depth}},
      .application_autoscaling_policies = {{.name = "balance", .make = balance}}};
}

}  // namespace

MANTA_APP(build)
