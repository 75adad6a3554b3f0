#include "api/input_feeder.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "api/method_input.h"
#include "api/producer_input.h"
#include "net/items.h"
#include "net/wire.h"

namespace manta::api {
namespace {

constexpr std::size_t kBatchBytes = 64 << 10;
constexpr Duration kFirstPause = std::chrono::milliseconds(1);  // while the replica does not know the call yet
constexpr Duration kLongestPause = std::chrono::milliseconds(50);
constexpr Duration kNoLimit = std::chrono::hours(24 * 365);

std::string next_id() {
  static std::atomic<std::uint64_t> count = 0;
  return std::to_string(++count);
}

// co_await on the strand: until there is an item or the end.
struct ItemWait {
  detail::PendingStream& items;
  bool parked = false;
  bool await_ready() const { return items.ready(); }
  void await_suspend(std::coroutine_handle<> reader) {
    parked = true;
    items.park(reader);
  }
  void await_resume() { parked = false; }
  ~ItemWait() {
    if (parked) items.forget();
  }
};

}  // namespace

struct InputFeeder::Batch {
  std::string body;  // framed items
  bool last = false;
  std::optional<Error> error;  // of the source
};

struct InputFeeder::SentWait {
  InputFeeder& feeder;
  bool await_ready() const { return feeder.replica_ != nullptr; }
  void await_suspend(std::coroutine_handle<> handle) { feeder.sent_ = detail::Resumption(handle); }
  void await_resume() {}
  ~SentWait() { feeder.sent_.forget(); }
};

struct InputFeeder::Pause {
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

InputFeeder::InputFeeder(const std::shared_ptr<Strand>& strand, std::shared_ptr<detail::ItemProducer> source,
                         RequestContext::TimePoint deadline)
    : loop_(strand->loop()),
      deadline_(deadline),
      id_(next_id()),
      items_(open_input(strand, std::make_shared<ProducerInput>(std::move(source)))),
      tasks_(loop_) {
  tasks_.spawn(send());
}

InputFeeder::~InputFeeder() { tasks_.cancel_all(); }

void InputFeeder::go_with(routing::Outbound& call) {
  call.headers.add(net::wire::kInput, id_);
  call.on_sent = [this](std::function<net::Channel*()> replica) { sent_to(std::move(replica)); };
}

void InputFeeder::sent_to(std::function<net::Channel*()> replica) {
  replica_ = std::move(replica);
  std::exchange(sent_, {}).resume();
}

InputFeeder::Batch InputFeeder::take_available() {
  Batch batch;
  while (!batch.last && batch.body.size() < kBatchBytes && items_.ready()) {
    Result<std::optional<std::string>> item = items_.take();
    if (item && *item) {
      net::append_item(batch.body, **item);
      continue;
    }
    batch.last = true;
    if (!item) batch.error = std::move(item.error());
  }
  return batch;
}

Task<void> InputFeeder::send() {
  for (;;) {
    co_await ItemWait{items_};
    const auto batch = std::make_shared<const Batch>(take_available());
    auto delivering = deliver(batch);
    const bool wanted = co_await delivering;
    if (!wanted) items_.cancel();
    if (!wanted || batch->last) co_return;
  }
}

// False when nobody reads any more. A request that was lost is repeated when the call is sent anew; if the call was
// lost with it, this is destroyed.
Task<bool> InputFeeder::deliver(std::shared_ptr<const Batch> batch) {
  for (Duration pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    co_await SentWait{*this};
    net::Channel* const channel = replica_();
    if (!channel) {
      replica_ = nullptr;
      continue;
    }
    net::Request request{.method = "POST", .target = std::string(net::wire::kInputPath), .body = batch->body};
    request.headers.add(net::wire::kInput, id_);
    if (batch->last) request.headers.add(net::wire::kStatus, batch->error ? name(batch->error->code) : "ok");
    if (batch->error) request.headers.add(net::wire::kErrorJson, replica::error_json(*batch->error, ""));
    const bool limited = deadline_ != RequestContext::TimePoint::max();
    auto calling = channel->call(std::move(request), limited ? deadline_ - loop_.now() : kNoLimit);
    const Result<net::Response> answer = co_await calling;
    if (answer && answer->status != 404) co_return answer->status == 200;
    co_await Pause{loop_, pause};
  }
}

}  // namespace manta::api
