#include "replica/active_call.h"

#include <algorithm>
#include <utility>

#include "net/wire.h"
#include "replica/call_board.h"
#include "replica/error_response.h"
#include "replica/request_decode.h"

namespace manta::replica {
namespace {

double in_milliseconds(Duration took) { return std::chrono::duration<double, std::milli>(took).count(); }

}  // namespace

// Gives the place back when the coroutine ends or is destroyed.
struct ActiveCall::HeldPlace {
  ActiveCall& call;
  ~HeldPlace() { call.release_place(); }
};

ActiveCall::ActiveCall(CallBoard& board, net::ExchangePtr exchange, DirectCall* direct,
                       std::shared_ptr<RequestContext> context, std::shared_ptr<Servable> servable,
                       TimePoint admitted_at)
    : board_(&board),
      loop_(board.loop),
      exchange_(std::move(exchange)),
      direct_(direct),
      context_(std::move(context)),
      servable_(std::move(servable)),
      admitted_at_(admitted_at) {
  board.add(*this);
  board.metrics.ongoing.set(board.admission.ongoing());
}

ActiveCall::ActiveCall(CallBoard& board, net::ExchangePtr exchange, std::shared_ptr<RequestContext> context,
                       std::shared_ptr<Servable> servable)
    : ActiveCall(board, std::move(exchange), nullptr, std::move(context), std::move(servable), board.loop.now()) {}

ActiveCall::ActiveCall(CallBoard& board, DirectCall& direct, std::shared_ptr<Servable> servable, TimePoint admitted_at)
    : ActiveCall(board, nullptr, &direct, direct.context, std::move(servable), admitted_at) {}

ActiveCall::~ActiveCall() {
  if (!board_) return;
  board_->loop.cancel(timer_);
  board_->remove(*this);
  if (!input_.empty()) board_->inputs.close({exchange_->connection_id(), input_});
  if (stream_) --board_->streams;
}

void ActiveCall::detach() {
  loop_.cancel(timer_);
  board_ = nullptr;
}

void ActiveCall::read_direct() {
  invocation_ = std::move(direct_->invocation);
  items_ = std::move(direct_->items);
  direct_->cancel = [weak = weak_from_this()] {
    if (const auto call = weak.lock()) call->on_closed();
  };
}

void ActiveCall::read_exchange(const spec::MethodSpec& method) {
  net::Request& request = exchange_->request();
  invocation_ = {
      .method = method.name, .request_format = request_format(request), .reply_format = reply_format(request)};
  if (method.streams) {
    const StreamKind kind = stream_kind(request, method);
    stream_ = std::make_shared<StreamAnswer>(
        board_->loop, exchange_,
        StreamAnswer::Options{
            .kind = kind, .buffer = board_->options.stream_buffer, .keep_alive = board_->options.keep_alive});
    ++board_->streams;
    stream_->open(queue());
    invocation_.items = stream_.get();
    invocation_.reply_format = kind == StreamKind::Items ? Format::MsgPack : Format::Json;
  }
  if (const auto input = request.headers.get(net::wire::kInput); input && method.takes_stream) {
    input_ = *input;
    invocation_.input = board_->inputs.open({exchange_->connection_id(), input_}, board_->options.stream_buffer);
  }
  const bool says_it_in_the_query = request.body.empty() && request.target.contains('?');
  if ((method.raw_http && !is_handle_call(request)) || says_it_in_the_query)
    invocation_.http = std::make_shared<net::Request>(std::move(request));
  else
    invocation_.body = std::move(request.body);

  exchange_->when_closed([weak = weak_from_this()] {
    if (const auto call = weak.lock()) call->on_closed();
  });
}

void ActiveCall::start(const spec::MethodSpec& method, MethodTerms terms) {
  method_ = &method;
  if (direct_)
    read_direct();
  else
    read_exchange(method);
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

void ActiveCall::run(MethodTerms terms) {
  begun_ = true;
  switch (terms.runs) {
    case MethodTerms::Runs::Coroutine: {
      const detail::ScopedRequest scope(context_);
      const auto frame = direct_ ? TaskScope::Frame::AtOnce : TaskScope::Frame::FromLoop;
      task_ = board_->scope.spawn(run_coroutine(shared_from_this()), frame);
      return;
    }
    case MethodTerms::Runs::Inline:
      return finish(call_blocking());
    case MethodTerms::Runs::Dedicated:
      return run_plain(board_->dedicated.of(invocation_.method, std::max(1, terms.max_concurrent)));
    case MethodTerms::Runs::Pool:
    case MethodTerms::Runs::Aside:
      return run_plain(board_->compute);
  }
}

Task<void> ActiveCall::run_coroutine(std::shared_ptr<ActiveCall> self) {
  const HeldPlace place{*self};
  Result<Reply> reply;
  try {
    reply = co_await self->servable_->call(std::move(self->invocation_));
  } catch (...) {
    reply = std::unexpected(error_of(std::current_exception()));
  }
  self->finish(std::move(reply));
}

Result<Reply> ActiveCall::call_blocking() {
  const detail::ScopedRequest scope(context_);
  try {
    return servable_->call_blocking(std::move(invocation_));
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

void ActiveCall::finish(Result<Reply>&& reply) {
  if (!board_) return;
  board_->loop.cancel(std::exchange(timer_, 0));
  if (!std::exchange(answered_, true)) {
    const Duration took = board_->loop.now() - admitted_at_;
    board_->metrics.answered(context_->route, in_milliseconds(took));
    if (!reply) board_->metrics.count_error(context_->route, std::string(name(reply.error().code)));
    log(reply ? "OK" : name(reply.error().code), took);
    release_place();
    answer(std::move(reply));
  }
  release_place();
}

void ActiveCall::log(std::string_view outcome, Duration took) {
  board_->call_log.add(method_->name, outcome, in_milliseconds(took), *context_);
}

void ActiveCall::give_up(const Error& error) {
  if (answered_ || !board_) return;
  const auto self = shared_from_this();
  answered_ = true;
  board_->loop.cancel(std::exchange(timer_, 0));
  board_->metrics.route(context_->route).requests.add();
  board_->metrics.count_error(context_->route, std::string(name(error.code)));
  log(name(error.code), board_->loop.now() - admitted_at_);
  stop_work();
  answer(std::unexpected(error));
}

void ActiveCall::on_closed() {
  if (answered_ || !board_) return;
  const auto self = shared_from_this();
  answered_ = true;
  direct_ = nullptr;
  board_->loop.cancel(std::exchange(timer_, 0));
  board_->metrics.count_error(context_->route, std::string(name(ErrorCode::Cancelled)));
  log(name(ErrorCode::Cancelled), board_->loop.now() - admitted_at_);
  if (stream_) stream_->close();
  stop_work();
}

// A coroutine is destroyed where it waits; a plain method that has started is told, and keeps its place until it
// returns.
void ActiveCall::stop_work() {
  context_->cancelled.store(true, std::memory_order_relaxed);
  if (!begun_) return release_place();  // it waits for others of its method
  if (task_ != 0) return board_->scope.cancel(task_);
  if (job_ != 0 && compute_->cancel(job_)) return release_place();
  if (!has_place_) return;
  abandoned_ = true;
  board_->set_abandoned(+1);
}

}  // namespace manta::replica
