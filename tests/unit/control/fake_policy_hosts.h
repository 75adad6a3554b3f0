#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <manta/detail/json.h>

#include "control/policy_host.h"
#include "sim/sleep.h"

namespace manta::control {

// Stands in for the processes of policy hosts. Every one answers with `answer`, after `takes`; while `silent` not at
// all.
class FakePolicyHosts {
 public:
  explicit FakePolicyHosts(Loop& loop) : loop_(loop) {}

  StartPolicyProcess start() {
    return [this](const PolicyHostSpec& spec,
                  std::function<void(std::string)> ended) -> Result<std::unique_ptr<PolicyProcess>> {
      if (!start_error.empty()) return fail(ErrorCode::Unavailable, start_error);
      specs.push_back(spec);
      ended_ = std::move(ended);
      ++living;
      return std::make_unique<Process>(*this);
    };
  }
  // The last one ends by itself.
  void crash(const std::string& why = "its process was killed by signal 9 (Killed)") { ended_(why); }

  std::function<spec::PolicyAnswer(const spec::PolicyQuestion&)> answer;
  Duration takes = Duration::zero();
  bool silent = false;
  std::string crashes_on;  // name of a policy; "*": all
  std::string start_error;
  std::vector<PolicyHostSpec> specs;  // of those that were started
  std::vector<spec::PolicyQuestion> questions;
  int living = 0;

 private:
  class Process : public PolicyProcess {
   public:
    explicit Process(FakePolicyHosts& hosts) : hosts_(hosts) {}
    ~Process() override { --hosts_.living; }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    Task<Result<spec::PolicyAnswer>> ask(std::string text) override {
      const auto question = detail::from_json<spec::PolicyQuestion>(text);
      hosts_.questions.push_back(*question);
      const std::string& on = hosts_.crashes_on;
      const bool crashes = !on.empty() && (on == "*" || on == question->policy);
      if (crashes) hosts_.crash();
      if (hosts_.silent || crashes) co_await sim::Sleep(hosts_.loop_, std::chrono::hours(1));
      if (hosts_.takes > Duration::zero()) co_await sim::Sleep(hosts_.loop_, hosts_.takes);
      co_return hosts_.answer(*question);
    }

   private:
    FakePolicyHosts& hosts_;
  };

  Loop& loop_;
  std::function<void(std::string)> ended_;
};

}  // namespace manta::control
