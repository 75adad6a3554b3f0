#include "replica/active_call.h"

#include <algorithm>
#include <utility>

#include "base/pooled.h"
#include "net/wire.h"
#include "replica/call_board.h"
#include "replica/error_response.h"
#include "replica/request_decode.h"

namespace manta::replica {

std::shared_ptr<ActiveCall> ActiveCall::make(CallBoard& board, net::ExchangePtr exchange,
                                             std::shared_ptr<RequestContext> context,
                                             std::shared_ptr<Servable> servable, TimePoint admitted_at) {
  return make_pooled<ActiveCall>(Made(), board, std::move(exchange), std::move(context), std::move(servable),
                                 admitted_at);
}

std::shared_ptr<ActiveCall> ActiveCall::make(CallBoard& board, DirectCall& direct, std::shared_ptr<Servable> servable,
                                             TimePoint admitted_at) {
  return make_pooled<ActiveCall>(Made(), board, direct, std::move(servable), admitted_at);
}

ActiveCall::ActiveCall(Made, CallBoard& board, net::ExchangePtr exchange, std::shared_ptr<RequestContext> context,
                       std::shared_ptr<Servable> servable, TimePoint admitted_at)
    : board_(&board),
      loop_(board.loop),
      exchange_(std::move(exchange)),
      context_(std::move(context)),
      servable_(std::move(servable)),
      admitted_at_(admitted_at) {
  join_board();
}

ActiveCall::ActiveCall(Made, CallBoard& board, DirectCall& direct, std::shared_ptr<Servable> servable,
                       TimePoint admitted_at)
    : board_(&board),
      loop_(board.loop),
      direct_(&direct),
      items_(std::move(direct.items)),
      context_(std::move(direct.context)),
      servable_(std::move(servable)),
      admitted_at_(admitted_at),
      invocation_(std::move(direct.invocation)) {
  direct.cancel = [this] { on_closed(); };
  join_board();
}

ActiveCall::~ActiveCall() {
  if (direct_) direct_->cancel = nullptr;
  if (!board_) return;
  disarm_timer();
  board_->remove(*this);
  if (!input_.empty()) board_->inputs.close({exchange_->connection_id(), input_});
  if (stream_) --board_->streams;
}

void ActiveCall::join_board() {
  board_->add(*this);
  board_->metrics.ongoing.set(board_->admission.ongoing());
}

void ActiveCall::detach() {
  disarm_timer();
  board_ = nullptr;
  work_ = {};
  running_.reset();
  servable_.reset();
}

void ActiveCall::read_exchange(const spec::MethodSpec& method) {
  net::Request& request = exchange_->request();
  const Format format = request_format(request);
  invocation_ = {.method = &method, .request_format = format, .reply_format = reply_format(request, format)};
  if (method.streams) {
    const StreamKind kind = stream_kind(request, method);
    stream_ = make_pooled<StreamAnswer>(
        board_->loop, exchange_,
        StreamAnswer::Options{
            .kind = kind, .buffer = board_->options.stream_buffer, .keep_alive = board_->options.keep_alive});
    ++board_->streams;
    stream_->open(queue());
    invocation_.items = stream_.get();
    invocation_.reply_format = kind == StreamKind::Items ? Format::MsgPack : Format::Json;
  }
  if (const auto input = method.takes_stream ? request.headers.get(net::wire::kInput) : std::nullopt) {
    input_ = *input;
    invocation_.input = board_->inputs.open({exchange_->connection_id(), input_}, board_->options.stream_buffer);
  }
  const bool says_it_in_the_query = request.body.empty() && request.target.contains('?');
  if ((method.raw_http && !is_handle_call(request)) || says_it_in_the_query)
    invocation_.http = make_pooled<net::Request>(std::move(request));
  else
    invocation_.body = std::move(request.body);

  exchange_->when_closed([weak = weak_from_this()] {
    if (const auto call = weak.lock()) call->on_closed();
  });
}

void ActiveCall::start(const spec::MethodSpec& method, MethodTerms terms) {
  if (exchange_) read_exchange(method);
  if (terms.max_concurrent == 0) {
    run(terms);
  } else {
    pass_ = board_->gates.enter(method.name, terms.max_concurrent,
                                [self = shared_from_this(), terms] { self->run(terms); });
    if (!has_place_) board_->gates.leave(std::exchange(pass_, 0));  // it has ended within enter()
  }
  if (!answered_) arm_timer();
}

void ActiveCall::arm_timer() {
  if (context_->deadline == TimePoint::max()) return;
  timer_ = loop_.at(context_->deadline, [this] {
    timer_ = 0;
    give_up({.code = ErrorCode::DeadlineExceeded,
             .message = "the time given for the request ran out while it was running"});
  });
}

void ActiveCall::disarm_timer() {
  if (timer_ != 0) loop_.cancel(std::exchange(timer_, 0));
}

void ActiveCall::run(MethodTerms terms) {
  begun_ = true;
  switch (terms.runs) {
    case MethodTerms::Runs::Coroutine:
      return run_coroutine();
    case MethodTerms::Runs::Inline:
      return finish(call_blocking());
    case MethodTerms::Runs::Dedicated:
      return run_plain(board_->dedicated.of(invocation_.method->name, std::max(1, terms.max_concurrent)));
    case MethodTerms::Runs::Pool:
    case MethodTerms::Runs::Aside:
      return run_plain(board_->compute);
  }
}

// This may be gone when the coroutine has been started.
void ActiveCall::run_coroutine() {
  const detail::ScopedRequest scope(context_);
  try {
    work_ = servable_->call(invocation_);
  } catch (...) {
    return finish(std::unexpected(error_of(std::current_exception())));
  }
  running_ = shared_from_this();
  work_.start(*this, 0);
}

Result<Reply> ActiveCall::take_reply() {
  try {
    return work_.take();
  } catch (...) {
    return std::unexpected(error_of(std::current_exception()));
  }
}

// The frame goes with this: from the loop, as what has resumed the coroutine may still need what is in it; after a
// direct call at once.
void ActiveCall::task_ended(std::uint64_t) noexcept {
  auto self = std::move(running_);
  if (!self) return release_place();  // has been cancelled
  finish(take_reply());
  if (exchange_) loop_.post([self = std::move(self)] {});
}

void ActiveCall::cancel_coroutine() {
  loop_.post([self = std::move(running_)] {
    self->work_ = {};
    self->release_place();
  });
}

Result<Reply> ActiveCall::call_blocking() {
  const detail::ScopedRequest scope(context_);
  try {
    return servable_->call_blocking(invocation_);
  } catch (...) {
    return std::unexpected(error_of(std::current_exception()));
  }
}

void ActiveCall::run_plain(Compute& compute) {
  const std::size_t bytes = invocation_.body.size();
  Compute::Job job = [self = shared_from_this()]() mutable {
    Result<Reply> reply = self->call_blocking();
    Loop& loop = self->loop_;  // the last reference goes with the message: calls end on their loop
    loop.post([self = std::move(self), reply = std::move(reply)]() mutable { self->finish(std::move(reply)); });
  };
  compute_ = &compute;
  auto id = compute.submit(std::move(job), bytes);
  if (id)
    job_ = *id;
  else
    finish(std::unexpected(std::move(id.error())));
}

void ActiveCall::release_place() {
  if (!std::exchange(has_place_, false) || !board_) return;
  if (std::exchange(abandoned_, false)) board_->set_abandoned(-1);
  if (pass_ != 0) board_->gates.leave(std::exchange(pass_, 0));
  board_->place_freed();
}

// A coroutine is destroyed where it waits; a plain method that has started is told, and keeps its place until it
// returns.
void ActiveCall::stop_work() {
  context_->cancelled.store(true, std::memory_order_relaxed);
  if (!begun_) return release_place();  // it waits for others of its method
  if (running_) return cancel_coroutine();
  if (job_ != 0 && compute_->cancel(job_)) return release_place();
  if (!has_place_) return;
  abandoned_ = true;
  board_->set_abandoned(+1);
}

}  // namespace manta::replica
