#pragma once

#include <condition_variable>
#include <deque>
#include <iterator>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/local_call.h"
#include "api/loop_thread.h"
#include "api/replica_scope.h"
#include "replica/compute_pool.h"
#include "replica/dedicated_threads.h"
#include "replica/method_gates.h"
#include "replica/replica_host.h"

namespace manta::api {

// The one replica of a deployment of a LocalApp: its strand, its compute threads, its object, and admission: at most
// max_ongoing_requests run, max_queued_requests wait, oldest first.
class LocalReplica {
 public:
  using MakeServable = std::move_only_function<Result<std::unique_ptr<replica::Servable>>(const ReplicaScope&)>;

  LocalReplica(const Clock& clock, Metrics& metrics, Logger& logger, ReplicaContext context);
  ~LocalReplica();  // as stop()

  // Begins to construct the object. `caller` is for get_deployment_handle().
  void start(MakeServable make, decltype(ReplicaScope::caller) caller);
  // Blocks until it serves; Unavailable with the reason when it could not start or the time ran out.
  Result<void> wait_until_ready(Duration timeout);
  // Cancels what runs, destroys the object, joins all threads.
  void stop();

  const ReplicaContext& context() const { return scope_.context; }
  const std::shared_ptr<Strand>& strand() const { return thread_->strand(); }

  // On the replica's strand. Calls made before it is ready wait for that.
  void submit(std::shared_ptr<LocalCall> call);
  void cancel(const std::shared_ptr<LocalCall>& call);

 private:
  bool has_place() const { return std::ssize(running_) < max_ongoing(); }
  int max_ongoing() const;  // raised so that batches can fill, unless it was given
  void pump();
  void run(const std::shared_ptr<LocalCall>& call);
  Task<void> run_coroutine(std::shared_ptr<LocalCall> call, std::shared_ptr<replica::Servable> servable);
  void begin(const std::shared_ptr<LocalCall>& call, const std::shared_ptr<replica::Servable>& servable,
             replica::MethodTerms terms);
  void run_plain(const std::shared_ptr<LocalCall>& call, replica::Compute& compute);
  void run_inline(const std::shared_ptr<LocalCall>& call);
  void finish(const std::shared_ptr<LocalCall>& call, Result<replica::Reply> reply);
  void release(const std::shared_ptr<LocalCall>& call);
  void on_phase(replica::ReplicaHost::Phase phase);

  std::unique_ptr<LoopThread> thread_;
  replica::ComputePool compute_;
  replica::ComputePool aside_{{.threads = 2, .on_demand = true}};
  ReplicaScope scope_;
  replica::ReplicaOptions options_;

  // On the strand only.
  std::unique_ptr<replica::ReplicaHost> host_;
  std::deque<std::shared_ptr<LocalCall>> queued_;
  std::vector<std::shared_ptr<LocalCall>> running_;
  std::unique_ptr<replica::MethodGates> gates_;
  replica::DedicatedThreads dedicated_;
  bool stopping_ = false;

  std::mutex mutex_;  // guards ready_
  std::condition_variable ready_changed_;
  std::optional<Result<void>> ready_;
};

}  // namespace manta::api
