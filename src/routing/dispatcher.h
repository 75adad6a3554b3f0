#pragma once

#include <functional>
#include <memory>
#include <string>

#include <manta/detail/request_context.h>
#include <manta/error.h>
#include <manta/task.h>

#include "net/headers.h"
#include "net/message.h"
#include "routing/answer.h"
#include "routing/retry_rule.h"
#include "routing/router.h"

namespace manta::routing {

// One request to a deployment.
struct Outbound {
  std::string method;  // of the deployment: "search"
  std::string verb = "POST";
  std::string target;    // empty: "/" + method; raw HTTP methods: path and query as they came
  net::Headers headers;  // content-type, accept, idempotency-key, ...; those of the context are added
  std::shared_ptr<const std::string> body;  // null: none. Shared, as it may have to be sent again
  std::shared_ptr<RequestContext> context;  // deadline, ids; null: none
  std::string policy = {};                  // instead of the deployment's; empty: that
  bool idempotent = false;                  // in addition to what the method's mark, the verb and the headers say
  std::size_t window = 256 << 10;           // bytes the replica may send ahead of the reader; 32 KiB for event streams
  // Told at each sending how to reach the replica that it went to: null once that connection is gone. For what goes
  // beside the request, which then is not sent again once it may have run.
  std::function<void(std::function<net::Channel*()> replica)> on_sent = {};
};

// Sends requests to one deployment: takes a place on a replica, sends, tells apart how it ended, and sends again what
// may be sent again. Never started (refused, not connected): always. Maybe started (the connection broke before the
// first byte of an answer): once, if the method is marked idempotent, the verb is safe or an idempotency-key is given;
// else ReplicaDied with maybe_executed. After the first byte: never. Loop-confined; one per (loop, deployment);
// outlives the tasks it gave out.
class Dispatcher {
 public:
  Dispatcher(const RouterEnvironment& environment, std::string application, std::string deployment,
             std::shared_ptr<QueueCount> queued, RouterOptions router_options = {}, DispatchOptions options = {});

  // Resumes with the head of the answer, whatever its status, unless the replica or Manta failed the request: then with
  // the typed error (x-manta-error replies included). Destroying the task cancels the request wherever it is.
  Task<Result<Answer>> dispatch(Outbound request);
  // dispatch() and the whole answer.
  Task<Result<net::Response>> call(Outbound request);

  // Counts a request and gives its age and its deadline: that of `context`, else of the deployment. For who sends it
  // himself, over the router.
  RequestInfo open(std::shared_ptr<const RequestContext> context, std::size_t bytes, const std::string& policy);

  // A request that was held back until its arguments had come.
  void waited_for_arguments(Duration time);

  void update(const spec::ReplicaSet& set) { router_.update(set); }
  const spec::ReplicaSet& replica_set() const { return router_.replica_set(); }
  Router& router() { return router_; }

 private:
  RequestInfo prepare(Outbound& request);
  // What to do about a call that has a head or has failed.
  RetryRule::Next judge(const PendingCall& pending, const Outbound& request, RequestInfo& info, Attempts& attempts,
                        Error& error);
  bool may_run_twice(const Outbound& request) const;

  Loop& loop_;
  const std::string application_;
  Metrics series_;
  Router router_;
  const DispatchOptions options_;
  CounterMetric requests_;
  CounterMetric retries_;
  CounterMetric budget_spent_;
  HistogramMetric arguments_ms_;
  RetryRule retry_;
};

}  // namespace manta::routing
