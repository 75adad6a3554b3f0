// Deployments whose numbers of replicas follow their load, a figure of their own, or policies of the application.
#include <algorithm>
#include <atomic>
#include <map>
#include <string>

#include <manta/manta.h>

class Embed {
 public:
  int embed(std::string text) { return static_cast<int>(text.size()); }
  using methods = manta::Methods<manta::idempotent<&Embed::embed>>;
};

// [figure]
class Summarize {
 public:
  std::string summarize(std::string text) {
    queued_tokens_ += text.size() / 4;
    std::string summary = text.substr(0, 20);
    queued_tokens_ -= text.size() / 4;
    return summary;
  }
  std::map<std::string, double> record_autoscaling_stats() {
    return {{"queued_tokens", static_cast<double>(queued_tokens_)}};
  }
  using methods = manta::Methods<manta::idempotent<&Summarize::summarize>>;

 private:
  std::atomic<std::size_t> queued_tokens_ = 0;
};
// [/figure]

class Front {
 public:
  Front(manta::Handle<Embed> embed, manta::Handle<Summarize> summarize)
      : embed_(std::move(embed)), summarize_(std::move(summarize)) {}
  manta::Task<int> embed(std::string text) { co_return co_await embed_.call<&Embed::embed>(text); }
  manta::Task<std::string> summarize(std::string text) {
    co_return co_await summarize_.call<&Summarize::summarize>(text);
  }
  using methods = manta::Methods<&Front::embed, &Front::summarize>;

 private:
  manta::Handle<Embed> embed_;
  manta::Handle<Summarize> summarize_;
};

// [policy]
manta::AutoscalingFunction by_the_hour(const manta::Args& kwargs) {
  return [busy = kwargs.get("busy", 8)](const manta::AutoscalingContext& context) {
    const auto hour = static_cast<long>(context.current_time) / 3600 % 24;
    const double by_load = context.total_num_requests / context.config.target_ongoing_requests;
    return manta::AutoscalingDecision{.num_replicas =
                                          hour >= 8 && hour < 18 ? std::max<double>(busy, by_load) : by_load};
  };
}
// [/policy]

// [share]
// Divides `total` replicas by the load.
manta::ApplicationAutoscalingFunction share(const manta::Args& kwargs) {
  return [total = kwargs.get("total", 8)](const std::map<std::string, manta::AutoscalingContext>& contexts) {
    double load = 0;
    for (const auto& [name, context] : contexts) load += context.total_num_requests;
    std::map<std::string, manta::AutoscalingDecision> decisions;
    for (const auto& [name, context] : contexts)
      decisions[name].num_replicas = load > 0 ? total * context.total_num_requests / load : 1;
    return decisions;
  };
}
// [/share]

manta::Application build() {
  const manta::DeploymentConfig small{.ray_actor_options = {.num_cpus = 0.1}};
  auto embed = manta::bind<Embed>().with(small);
  auto summarize = manta::bind<Summarize>().with(small);
  // [names]
  return {.name = "rag",
          .ingress = manta::bind<Front>(embed, summarize).with(small),
          .autoscaling_policies = {{.name = "by_the_hour", .make = by_the_hour}},
          .application_autoscaling_policies = {{.name = "share", .make = share}}};
  // [/names]
}
MANTA_APP(build)
