#pragma once

#include <memory>
#include <string>

#include <manta/detail/caller.h>

#include "api/strand.h"
#include "api/transport.h"

namespace manta::api {

// Where calls come from and go to, for error messages.
struct CallPath {
  std::string from_application, from_deployment;  // empty: not a replica
  std::string application, deployment;
};

// A Caller whose calls run on one strand over a Transport. Thread-safe: calls from other threads are posted to the
// strand.
class StrandCaller final : public detail::Caller {
 public:
  StrandCaller(std::shared_ptr<Strand> strand, std::shared_ptr<Transport> transport, CallPath path);

  detail::PendingCall call(detail::OutgoingCall call) override;
  detail::PendingStream stream(detail::OutgoingCall call) override;

 private:
  std::shared_ptr<Strand> strand_;
  std::shared_ptr<Transport> transport_;
  std::shared_ptr<const CallPath> path_;
};

}  // namespace manta::api
