#pragma once

#include <memory>
#include <string>

#include <manta/detail/request_context.h>
#include <manta/task.h>

#include "base/clock.h"
#include "net/exchange.h"
#include "replica/compute.h"
#include "replica/direct_call.h"
#include "replica/method_gates.h"
#include "replica/servable.h"
#include "replica/stream_answer.h"

namespace manta::replica {

class CallBoard;

// One admitted request from its first step to the release of its place. Kept by the exchange's callback, its timer and
// the code that runs it: by itself while that is a coroutine. Loop-confined but for the part of a plain method that
// runs on a compute thread.
class ActiveCall final : public std::enable_shared_from_this<ActiveCall>, private detail::TaskOwner {
  struct Made {};

 public:
  static std::shared_ptr<ActiveCall> make(CallBoard& board, net::ExchangePtr exchange,
                                          std::shared_ptr<RequestContext> context, std::shared_ptr<Servable> servable,
                                          TimePoint admitted_at);
  // Takes what `direct` holds.
  static std::shared_ptr<ActiveCall> make(CallBoard& board, DirectCall& direct, std::shared_ptr<Servable> servable,
                                          TimePoint admitted_at);
  ActiveCall(Made, CallBoard& board, net::ExchangePtr exchange, std::shared_ptr<RequestContext> context,
             std::shared_ptr<Servable> servable, TimePoint admitted_at);
  ActiveCall(Made, CallBoard& board, DirectCall& direct, std::shared_ptr<Servable> servable, TimePoint admitted_at);
  ~ActiveCall();

  void start(const spec::MethodSpec& method, MethodTerms terms);
  // The time is over, or the replica stops: answers with `error` if that is still possible, and stops the work.
  void give_up(const Error& error);
  void detach();  // the replica is being destroyed: its coroutine with it

 private:
  friend class CallBoard;
  void join_board();
  void read_exchange(const spec::MethodSpec& method);
  void arm_timer();
  void disarm_timer();
  void run(MethodTerms terms);
  void run_coroutine();
  void task_ended(std::uint64_t id) noexcept override;
  Result<Reply> take_reply();
  void cancel_coroutine();
  void run_plain(Compute& compute);
  Result<Reply> call_blocking();  // on a compute thread
  void finish(Result<Reply>&& reply);
  void answer(Result<Reply>&& reply, TimePoint now);
  void answer_direct(Result<Reply>&& reply, TimePoint now);
  void log(std::string_view outcome, Duration took);
  void on_closed();
  void stop_work();
  void release_place();
  int others() const;  // requests that run besides this one
  std::string queue() const { return std::to_string(others()); }

  CallBoard* board_;  // null once the replica has been destroyed
  Loop& loop_;
  std::size_t on_board_ = 0;         // where among CallBoard::calls
  const net::ExchangePtr exchange_;  // null: a direct call
  DirectCall* direct_ = nullptr;     // until it has been answered or given up
  std::shared_ptr<ItemSink> items_;  // of a direct call
  const std::shared_ptr<RequestContext> context_;
  std::shared_ptr<Servable> servable_;  // until the replica is destroyed
  const TimePoint admitted_at_;
  Invocation invocation_;
  std::shared_ptr<StreamAnswer> stream_;
  std::string input_;                    // how the caller calls the stream that it gives; empty: none
  Task<Result<Reply>> work_;             // of a coroutine method
  std::shared_ptr<ActiveCall> running_;  // this, until `work_` has ended or is about to be destroyed
  Compute::JobId job_ = 0;
  Compute* compute_ = nullptr;  // where job_ is
  MethodGates::Pass pass_ = 0;
  TimerId timer_ = 0;
  bool answered_ = false;  // or nobody to answer to
  bool has_place_ = true;
  bool begun_ = false;      // has passed its gate
  bool abandoned_ = false;  // plain code that runs on though nobody waits
};

}  // namespace manta::replica
