#include "api/local_transport.h"

#include <utility>

#include "api/local_feed.h"
#include "base/request_copy.h"

namespace manta::api {
namespace {

// Where a reply waits on the caller's strand.
struct Rendezvous {
  std::optional<Result<replica::Reply>> reply;
  detail::Resumption waiter;
};

struct ReplyWait {
  std::shared_ptr<Rendezvous> meeting;
  std::move_only_function<void()> abandon;
  bool await_ready() const { return meeting->reply.has_value(); }
  void await_suspend(std::coroutine_handle<> waiter) { meeting->waiter = detail::Resumption(waiter); }
  Result<replica::Reply> await_resume() { return std::move(*meeting->reply); }
  ~ReplyWait() {
    meeting->waiter.forget();
    if (!meeting->reply) abandon();
  }
};

std::shared_ptr<LocalCall> local_call(TransportCall call) {
  auto made = std::make_shared<LocalCall>();
  made->method = std::move(call.method);
  made->invocation = {
      .request_format = replica::Format::MsgPack, .reply_format = replica::Format::MsgPack, .body = *call.body};
  made->context = copy_of(*call.context);
  return made;
}

class LocalItemSource final : public ItemSource {
 public:
  LocalItemSource(std::shared_ptr<LocalItems> items, std::unique_ptr<LocalFeed> feed,
                  std::move_only_function<void()> cancel)
      : items_(std::move(items)), feed_(std::move(feed)), cancel_(std::move(cancel)) {}
  ~LocalItemSource() override {
    items_->stop_reading();
    cancel_();
  }
  Task<Result<std::optional<std::string>>> next() override { return items_->next(); }

 private:
  std::shared_ptr<LocalItems> items_;
  std::unique_ptr<LocalFeed> feed_;
  std::move_only_function<void()> cancel_;
};

void send(LocalReplica& callee, const std::shared_ptr<LocalCall>& call) {
  const bool sent = callee.strand()->post([&callee, call] { callee.submit(call); });
  if (!sent) call->reply(fail(ErrorCode::Unavailable, "the application is stopping"));
}

auto canceller(LocalReplica& callee, std::shared_ptr<LocalCall> call) {
  return [&callee, call, strand = callee.strand()] { strand->post([&callee, call] { callee.cancel(call); }); };
}

}  // namespace

Task<Result<replica::Reply>> call_local(std::shared_ptr<Strand> caller, LocalReplica& callee,
                                        std::shared_ptr<LocalCall> call) {
  auto meeting = std::make_shared<Rendezvous>();
  call->on_reply = [caller, meeting](Result<replica::Reply> reply) {
    caller->post([meeting, reply = std::move(reply)]() mutable {
      meeting->reply = std::move(reply);
      std::exchange(meeting->waiter, {}).resume();
    });
  };
  send(callee, call);
  ReplyWait wait{meeting, canceller(callee, call)};
  co_return co_await wait;
}

Task<Result<detail::CallResult>> LocalTransport::call(TransportCall call) {
  const auto feed = LocalFeed::of(caller_, callee_.strand(), call);
  auto made = local_call(std::move(call));
  if (feed) made->invocation.input = feed->input();
  auto calling = call_local(caller_, callee_, std::move(made));
  Result<replica::Reply> reply = co_await calling;
  if (!reply) co_return std::unexpected(std::move(reply.error()));
  co_return detail::CallResult{.encoded = std::move(reply->body)};
}

Task<Result<std::unique_ptr<ItemSource>>> LocalTransport::open(TransportCall call) {
  auto feed = LocalFeed::of(caller_, callee_.strand(), call);
  auto made = local_call(std::move(call));
  if (feed) made->invocation.input = feed->input();
  made->items = std::make_shared<LocalItems>(callee_.strand(), caller_);
  made->on_reply = [items = made->items](Result<replica::Reply> reply) {
    items->end(reply ? Result<void>() : std::unexpected(std::move(reply.error())));
  };
  auto source = std::make_unique<LocalItemSource>(made->items, std::move(feed), canceller(callee_, made));
  send(callee_, made);
  co_return std::unique_ptr<ItemSource>(std::move(source));
}

}  // namespace manta::api
