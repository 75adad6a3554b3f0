#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "control/cluster_view.h"
#include "control/policy_host.h"
#include "control/policy_memory.h"

namespace manta::control {

// One policy that is to be asked, for one deployment or, with an empty name in its key, for a whole application.
struct AskedPolicy {
  PolicyHostSpec host;
  PolicyUse use;
  bool operator==(const AskedPolicy&) const = default;
};

// Decides when which policy is asked, and holds the policy hosts: one for each code that runs such policies. Asked soon
// after a change (kShortestPause), regularly besides (kLongestPause), and after failures in a row less and less often
// (up to a minute). Loop-confined.
class PolicyAsker {
 public:
  static constexpr Duration kShortestPause = std::chrono::milliseconds(100);
  static constexpr Duration kLongestPause = std::chrono::seconds(1);

  PolicyAsker(Loop& loop, Logger& logger, StartPolicyProcess start);

  // Exactly these from now on. Hosts that nobody needs end; a question that is open for another policy is forgotten.
  void follow(const std::map<DeploymentKey, AskedPolicy>& wanted);
  // Something has changed for it.
  void stir(const DeploymentKey& subject);
  // Those whose time has come.
  std::vector<DeploymentKey> due() const;
  // When the first of them is due; none while all are being asked.
  std::optional<TimePoint> next_due() const;
  // `done` gets the answer unless the policy has been replaced meanwhile. A subject that is followed and due.
  void ask(const DeploymentKey& subject, PolicyHost::Make make, PolicyHost::Done done);
  const PolicyUse& use_of(const DeploymentKey& subject) const { return subjects_.at(subject).policy.use; }

 private:
  struct Subject {
    AskedPolicy policy;
    PolicyHost* host = nullptr;
    std::uint64_t open = 0;  // number of the question; 0: none
    bool is_stirred = true;
    int failures = 0;  // in a row
    std::optional<TimePoint> asked_at;
  };
  static TimePoint due_at(const Subject& subject);
  void answered(const DeploymentKey& key, std::uint64_t question, const PolicyHost::Done& done,
                Result<spec::PolicyAnswer> answer);
  PolicyHost& host_for(const PolicyHostSpec& spec);

  Loop& loop_;
  Logger& logger_;
  StartPolicyProcess start_;
  std::vector<std::unique_ptr<PolicyHost>> hosts_;
  std::map<DeploymentKey, Subject> subjects_;
  std::uint64_t questions_ = 0;
};

}  // namespace manta::control
