#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include <manta/error.h>

#include "net/channel.h"
#include "routing/lease.h"
#include "routing/request_info.h"

namespace manta::routing {

struct DispatchOptions {
  std::size_t max_kept_body = 1 << 20;  // larger bodies are not sent a second time once they may have been received
  double retry_ratio = 0.2;             // sending again what may have been run: this share of all requests ...
  double retry_burst = 1000;            // ... plus this many at once
  int max_attempts = 100;               // of one request; refusals for want of a place are not counted
};

// How one attempt to have a request served ended.
struct AttemptEnd {
  ReplicaKey replica = 0;
  const std::string& replica_id;
  bool timed_out = false;
  std::optional<Refusal> refusal;
  bool answered = false;                    // the head of an answer came
  bool is_error = false;                    // and it is an error of the replica's
  std::optional<net::CallFailure> failure;  // the connection failed under it
};

// The attempts of one request so far.
struct Attempts {
  int sent = 0;           // without refusals for want of a place
  bool repeated = false;  // sent again although it may have run
  bool unpaid = false;    // it was not, as too many had been
};

// What becomes of a request after an attempt. Never started (refused, not connected): it is sent again, always. Maybe
// started: once, if it may run twice and the budget of such repetitions is not spent; else ReplicaDied. Pure but for
// the budget.
class RetryRule {
 public:
  enum class Next { Answer, Again, Fail };

  explicit RetryRule(const DispatchOptions& options) : options_(options), tokens_(options.retry_burst) {}

  void count_request();
  // `may_run_twice` counts only when the attempt has failed. For Fail the error is in `error`, or in the answer if
  // there is one.
  Next judge(const AttemptEnd& end, bool may_run_twice, RequestInfo& info, Attempts& attempts, Error& error);

 private:
  const DispatchOptions options_;
  double tokens_;
};

}  // namespace manta::routing
