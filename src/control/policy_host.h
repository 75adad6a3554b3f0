#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include <manta/error.h>
#include <manta/task.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/task_scope.h"
#include "control/policy_host_spec.h"
#include "spec/autoscaling_question.h"

namespace manta::control {

// A policy host that runs. Destroying it ends its process at once.
class PolicyProcess {
 public:
  virtual ~PolicyProcess() = default;
  // The answer to a spec::PolicyQuestion (JSON). An error: the connection is lost, so its process has ended or is to.
  virtual Task<Result<spec::PolicyAnswer>> ask(std::string question) = 0;
};

// Starts one; returns when the process exists. `ended` is called on the loop, with the reason in words, when it has
// ended by itself.
using StartPolicyProcess = std::function<Result<std::unique_ptr<PolicyProcess>>(
    const PolicyHostSpec&, std::function<void(std::string)> ended)>;

// Keeps the process that runs the policies of one application's code and asks it, one question at a time, in the order
// given. Whoever takes longer than kTimeLimit loses the process; the next question starts another, after a pause that
// grows with failures in a row. So a policy that hangs or crashes is the one that is blamed. Loop-confined.
class PolicyHost {
 public:
  static constexpr Duration kTimeLimit = std::chrono::seconds(10);
  using Make = std::function<spec::PolicyQuestion()>;
  using Done = std::function<void(Result<spec::PolicyAnswer>)>;

  PolicyHost(Loop& loop, Logger& logger, StartPolicyProcess start, PolicyHostSpec spec);
  ~PolicyHost();  // ends the process; who asked hears nothing more
  PolicyHost(const PolicyHost&) = delete;
  PolicyHost& operator=(const PolicyHost&) = delete;

  // `make` is called when the turn of the question has come, `done` once, never from inside.
  void ask(Make make, Done done);
  const PolicyHostSpec& spec() const { return spec_; }

 private:
  struct Waiting {
    Make make;
    Done done;
  };
  void next();
  bool start();
  void send();
  Task<void> converse(std::string question);
  void lost(const std::string& why);
  void finish(Result<spec::PolicyAnswer> answer);
  void disarm();

  Loop& loop_;
  Logger& logger_;
  StartPolicyProcess start_;
  PolicyHostSpec spec_;
  std::unique_ptr<PolicyProcess> process_;
  std::deque<Waiting> waiting_;  // the first is being asked while busy_
  bool busy_ = false;
  bool answered_ = false;  // this process has
  int failures_ = 0;       // processes lost in a row without an answer between
  TimePoint last_loss_{};
  TimerId limit_ = 0;   // of the question that is being asked
  TimerId resume_ = 0;  // the next step, when it is later
  TimerId ended_ = 0;   // the process has ended
  TaskScope tasks_;
};

}  // namespace manta::control
