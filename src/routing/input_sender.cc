#include "routing/input_sender.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include <manta/detail/json.h>

#include "net/wire.h"
#include "spec/error_reply.h"

namespace manta::routing {
namespace {

constexpr Duration kFirstPause = std::chrono::milliseconds(1);  // while the replica does not know the call yet
constexpr Duration kLongestPause = std::chrono::milliseconds(50);
constexpr Duration kNoLimit = std::chrono::hours(24 * 365);

std::string next_id() {
  static std::atomic<std::uint64_t> count = 0;
  return std::to_string(++count);
}

}  // namespace

// Suspends until it is known where the call has gone.
struct InputSender::SentWait {
  InputSender& sender;
  bool await_ready() const { return sender.replica_ != nullptr; }
  void await_suspend(std::coroutine_handle<> handle) { sender.sent_ = detail::Resumption(handle); }
  void await_resume() {}
  ~SentWait() { sender.sent_.forget(); }
};

struct InputSender::Pause {
  Loop& loop;
  Duration duration;
  TimerId timer = 0;
  detail::Resumption sleeper = {};
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    sleeper = detail::Resumption(handle);
    timer = loop.after(duration, [this] {
      timer = 0;
      sleeper.resume();
    });
  }
  void await_resume() {}
  ~Pause() { loop.cancel(timer); }
};

InputSender::InputSender(Loop& loop, std::unique_ptr<InputSource> source, TimePoint deadline)
    : loop_(loop), deadline_(deadline), id_(next_id()), source_(std::move(source)), tasks_(loop) {
  tasks_.spawn(send());
}

InputSender::~InputSender() { tasks_.cancel_all(); }

void InputSender::go_with(Outbound& call) {
  call.headers.add(net::wire::kInput, id_);
  call.on_sent = [this](std::function<net::Channel*()> replica) { sent_to(std::move(replica)); };
}

void InputSender::sent_to(std::function<net::Channel*()> replica) {
  replica_ = std::move(replica);
  std::exchange(sent_, {}).resume();
}

Task<void> InputSender::send() {
  for (;;) {
    auto reading = source_->next();
    const auto batch = std::make_shared<const InputSource::Batch>(co_await reading);
    auto delivering = deliver(batch);
    const bool wanted = co_await delivering;
    if (!wanted) source_->stop();
    if (!wanted || batch->last) co_return;
  }
}

net::Request InputSender::request_of(const InputSource::Batch& batch) const {
  net::Request request{.method = "POST", .target = std::string(net::wire::kInputPath), .body = batch.body};
  request.headers.add(net::wire::kInput, id_);
  if (!batch.last) return request;
  request.headers.add(net::wire::kStatus, batch.error ? name(batch.error->code) : "ok");
  if (!batch.error) return request;
  if (const auto json = detail::to_json(spec::error_reply(*batch.error)))
    request.headers.add(net::wire::kErrorJson, *json);
  if (batch.error->status != 0) request.headers.add(net::wire::kErrorStatus, std::to_string(batch.error->status));
  return request;
}

// False when nobody reads any more. A request that was lost is repeated when the call is sent anew; if the call was
// lost with it, this is destroyed.
Task<bool> InputSender::deliver(std::shared_ptr<const InputSource::Batch> batch) {
  for (Duration pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    co_await SentWait{*this};
    net::Channel* const channel = replica_();
    if (!channel) {
      replica_ = nullptr;
      continue;
    }
    const bool limited = deadline_ != TimePoint::max();
    auto calling = channel->call(request_of(*batch), limited ? deadline_ - loop_.now() : kNoLimit);
    const Result<net::Response> answer = co_await calling;
    if (answer && answer->status != 404) co_return answer->status == 200;
    co_await Pause{loop_, pause};
  }
}

}  // namespace manta::routing
