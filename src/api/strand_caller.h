#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <manta/detail/caller.h>
#include <manta/detail/request_context.h>

#include "api/strand.h"
#include "api/transport.h"

namespace manta::api {

// Where calls come from and go to, for error messages.
struct CallPath {
  std::string from_application, from_deployment;  // empty: not a replica
  std::string application, deployment;
  double request_timeout_s = 0;  // of the deployment that calls; 0: none

  bool leads_to_itself() const {
    return !deployment.empty() && from_deployment == deployment && from_application == application;
  }
};

// How the calls of one caller go.
struct CallWay {
  std::shared_ptr<Transport> transport;
  CallPath path;
};

// How long a call of a deployment to itself may take when nothing else limits it: it waits for a place on replicas that
// its own callers may hold for ever.
inline constexpr std::chrono::seconds kSelfCallTimeout{60};

// The options of a call on that path on behalf of `request` (null: of nothing): a call to itself that would have no
// deadline gets one.
CallOptions with_self_call_limit(CallOptions options, const RequestContext* request, const CallPath& path);

// A Caller whose calls run on one strand over a Transport. Thread-safe: calls from other threads are posted to the
// strand.
class StrandCaller final : public detail::Caller {
 public:
  StrandCaller(std::shared_ptr<Strand> strand, std::shared_ptr<Transport> transport, CallPath path);

  detail::PendingCall call(detail::OutgoingCall call) override;
  detail::PendingStream stream(detail::OutgoingCall call) override;
  bool is_in_process() const override { return way_->transport->is_direct(); }

 private:
  const std::shared_ptr<Strand> strand_;
  const std::shared_ptr<const CallWay> way_;  // shared with the calls under way
};

}  // namespace manta::api
