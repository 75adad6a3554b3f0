#include "routing/retry_rule.h"

#include <algorithm>

namespace manta::routing {

void RetryRule::count_request() { tokens_ = std::min(options_.retry_burst, tokens_ + options_.retry_ratio); }

RetryRule::Next RetryRule::judge(const AttemptEnd& end, bool may_run_twice, RequestInfo& info, Attempts& attempts,
                                 Error& error) {
  if (end.timed_out) {
    error = {.code = ErrorCode::DeadlineExceeded,
             .message = "the time given for the request ran out at replica " + end.replica_id};
    return Next::Fail;
  }
  if (end.refusal == Refusal::Full || end.refusal == Refusal::Draining) return Next::Again;
  if (end.refusal == Refusal::NoMethod) {
    info.avoid.push_back(end.replica);
    return Next::Again;
  }
  if (end.answered) return end.is_error ? Next::Fail : Next::Answer;
  if (end.failure == net::CallFailure::NeverStarted) {
    if (++attempts.sent < options_.max_attempts) return Next::Again;
    error = {.code = ErrorCode::Unavailable, .message = "no connection to a replica held; gave up after many attempts"};
    return Next::Fail;
  }
  if (!attempts.repeated && may_run_twice) {
    if (tokens_ >= 1) {
      tokens_ -= 1;
      attempts.repeated = true;
      return Next::Again;
    }
    attempts.unpaid = true;
  }
  error = {.code = ErrorCode::ReplicaDied,
           .message = "replica " + end.replica_id + " was lost while the request may have been running",
           .maybe_executed = true};
  return Next::Fail;
}

}  // namespace manta::routing
