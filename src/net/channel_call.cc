#include <coroutine>
#include <memory>
#include <utility>

#include "net/channel_impl.h"

namespace manta::net {
namespace {

// Parks the caller of Channel::call until the answer is complete, the call has failed or the time is up. Takes the body
// as it comes, so that its size is not bounded by the window.
class WholeAnswer {
 public:
  WholeAnswer(std::shared_ptr<Channel::Impl> channel, Request request, Duration timeout)
      : channel_(std::move(channel)), deadline_(channel_->loop.now() + timeout), request_(std::move(request)) {}
  ~WholeAnswer() { channel_->loop.cancel(timer_); }
  WholeAnswer(const WholeAnswer&) = delete;
  WholeAnswer& operator=(const WholeAnswer&) = delete;

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiter) {
    waiter_ = detail::Resumption(waiter);
    Outgoing outgoing;
    outgoing.method = request_.method;
    outgoing.path = request_.target;
    if (!request_.authority.empty()) outgoing.authority = request_.authority;
    outgoing.headers = &request_.headers;
    outgoing.body = std::make_shared<const std::string>(std::move(request_.body));
    call_ = channel_->start(outgoing, [this] { update(); });
    timer_ = channel_->loop.at(deadline_, [this] { time_up(); });
  }
  Result<Response> await_resume() { return std::move(result_); }

 private:
  void update() {
    if (call_->failure()) return resume(failed());
    if (body_.empty())
      body_ = call_->take();
    else
      body_ += call_->take();
    if (!call_->ended()) return;
    resume(Response{call_->status(), std::move(call_->headers()), std::move(body_)});
  }

  Result<Response> failed() const {
    const bool never = call_->failure() == CallFailure::NeverStarted;
    auto error = fail(never ? ErrorCode::Unavailable : ErrorCode::ReplicaDied, std::string(call_->failure_reason()));
    error.error().maybe_executed = !never;
    return error;
  }

  void time_up() {
    timer_ = 0;
    resume(fail(ErrorCode::DeadlineExceeded, "no answer to " + request_.method + " " + request_.target + " in time"));
  }

  // The frame, and this object with it, may be gone afterwards.
  void resume(Result<Response> result) {
    result_ = std::move(result);
    call_.reset();
    auto waiter = std::exchange(waiter_, {});
    waiter.resume();
  }

  std::shared_ptr<Channel::Impl> channel_;
  TimePoint deadline_;
  Request request_;
  std::string body_;
  std::unique_ptr<ClientCall> call_;
  TimerId timer_ = 0;
  detail::Resumption waiter_;
  Result<Response> result_;
};

Task<Result<Response>> whole_answer(std::shared_ptr<Channel::Impl> channel, Request request, Duration timeout) {
  WholeAnswer answer(std::move(channel), std::move(request), timeout);
  co_return co_await answer;
}

}  // namespace

Task<Result<Response>> Channel::call(Request request, Duration timeout) {
  return whole_answer(impl_, std::move(request), timeout);
}

}  // namespace manta::net
