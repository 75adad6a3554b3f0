#include "control/policy_asker.h"

#include <algorithm>
#include <utility>

namespace manta::control {
namespace {

// After so many failures in a row.
Duration pause_after(int failures) {
  constexpr Duration kLongest = std::chrono::seconds(60);
  return std::min(kLongest, PolicyAsker::kLongestPause * (1 << std::min(failures - 1, 8)));
}

}  // namespace

PolicyAsker::PolicyAsker(Loop& loop, Logger& logger, StartPolicyProcess start)
    : loop_(loop), logger_(logger), start_(std::move(start)) {}

PolicyHost& PolicyAsker::host_for(const PolicyHostSpec& spec) {
  for (const auto& host : hosts_)
    if (host->spec() == spec) return *host;
  hosts_.push_back(std::make_unique<PolicyHost>(loop_, logger_, start_, spec));
  return *hosts_.back();
}

void PolicyAsker::follow(const std::map<DeploymentKey, AskedPolicy>& wanted) {
  std::erase_if(subjects_, [&](const auto& entry) {
    const auto found = wanted.find(entry.first);
    return found == wanted.end() || found->second != entry.second.policy;
  });
  for (const auto& [key, policy] : wanted)
    if (const auto [subject, added] = subjects_.try_emplace(key, Subject{.policy = policy}); added)
      subject->second.host = &host_for(policy.host);
  std::erase_if(hosts_, [&](const auto& host) {
    return std::ranges::none_of(subjects_, [&](const auto& entry) { return entry.second.host == host.get(); });
  });
}

void PolicyAsker::stir(const DeploymentKey& subject) {
  if (const auto found = subjects_.find(subject); found != subjects_.end()) found->second.is_stirred = true;
}

TimePoint PolicyAsker::due_at(const Subject& subject) {
  if (!subject.asked_at) return TimePoint::min();
  if (subject.failures > 0) return *subject.asked_at + pause_after(subject.failures);
  return *subject.asked_at + (subject.is_stirred ? kShortestPause : kLongestPause);
}

std::vector<DeploymentKey> PolicyAsker::due() const {
  std::vector<DeploymentKey> keys;
  for (const auto& [key, subject] : subjects_)
    if (subject.open == 0 && due_at(subject) <= loop_.now()) keys.push_back(key);
  return keys;
}

std::optional<TimePoint> PolicyAsker::next_due() const {
  std::optional<TimePoint> next;
  for (const auto& [key, subject] : subjects_)
    if (subject.open == 0) next = next ? std::min(*next, due_at(subject)) : due_at(subject);
  return next;
}

void PolicyAsker::ask(const DeploymentKey& key, PolicyHost::Make make, PolicyHost::Done done) {
  Subject& subject = subjects_.at(key);
  const std::uint64_t question = ++questions_;
  subject.open = question;
  subject.is_stirred = false;
  subject.asked_at = loop_.now();
  subject.host->ask(std::move(make), [this, key, question, done = std::move(done)](Result<spec::PolicyAnswer> answer) {
    answered(key, question, done, std::move(answer));
  });
}

// A pause begins with the answer: a policy that takes long is asked all the less often.
void PolicyAsker::answered(const DeploymentKey& key, std::uint64_t question, const PolicyHost::Done& done,
                           Result<spec::PolicyAnswer> answer) {
  const auto found = subjects_.find(key);
  if (found == subjects_.end() || found->second.open != question) return;
  Subject& subject = found->second;
  subject.open = 0;
  if (answer && !answer->error.empty())
    answer = std::unexpected(Error{.code = ErrorCode::AppError, .message = "threw: " + answer->error});
  subject.failures = answer ? 0 : subject.failures + 1;
  subject.asked_at = loop_.now();
  done(std::move(answer));
}

}  // namespace manta::control
