#include "replica/stream_answer.h"

#include <utility>

#include "net/items.h"
#include "net/wire.h"
#include "replica/error_response.h"

namespace manta::replica {
namespace {

constexpr std::size_t kKeptFrame = 4096;
constexpr std::size_t kMostFraming = 64;  // bytes of one item that are not its own, down to the chunk that it goes in

std::unexpected<Error> nobody_listens() { return fail(ErrorCode::Cancelled, "nobody reads this stream any more"); }

std::string_view content_type(StreamKind kind) {
  switch (kind) {
    case StreamKind::Events:
      return net::wire::kEventStream;
    case StreamKind::Items:
      return net::wire::kItems;
    case StreamKind::Lines:
      return "application/jsonl";
    case StreamKind::Raw:
      return "application/octet-stream";
  }
  return {};
}

}  // namespace

// Suspends a writer until the reader has caught up.
struct StreamAnswer::Drained {
  StreamAnswer& answer;
  bool parked = false;
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> handle) {
    parked = true;
    answer.drained_ = detail::Resumption(handle);
    answer.exchange_->when_drained(answer.options_.buffer / 2, [weak = answer.weak_from_this()] {
      if (const auto self = weak.lock()) self->drained_.resume();
    });
  }
  void await_resume() noexcept { parked = false; }
  ~Drained() {
    if (parked) answer.drained_.forget();
  }
};

StreamAnswer::StreamAnswer(Loop& loop, net::ExchangePtr exchange, Options options)
    : loop_(loop), exchange_(std::move(exchange)), options_(options) {}

StreamAnswer::~StreamAnswer() { loop_.cancel(keep_alive_); }

void StreamAnswer::open(std::string_view queue) {
  queue_ = queue;
  if (options_.kind == StreamKind::Events) arm_keep_alive();
}

void StreamAnswer::start_now(int status, net::Headers headers) {
  if (std::exchange(started_, true)) return;
  headers.set(net::wire::kQueue, queue_);
  exchange_->start(status, std::move(headers));
}

void StreamAnswer::start_default() {
  if (started_) return;
  net::Headers headers{{"content-type", content_type(options_.kind)}};
  if (options_.kind == StreamKind::Events) headers.add("cache-control", "no-cache");
  start_now(200, std::move(headers));
}

void StreamAnswer::start(int status, net::Headers headers) {
  if (loop_.on_loop_thread()) return start_now(status, std::move(headers));
  loop_.post([self = shared_from_this(), status, headers = std::move(headers)]() mutable {
    if (!self->over_) self->start_now(status, std::move(headers));
  });
}

void StreamAnswer::put(std::string_view item) {
  start_default();
  wrote_since_tick_ = true;
  switch (options_.kind) {
    case StreamKind::Events:
      frame_.assign("data: ").append(item).append("\n\n");
      break;
    case StreamKind::Lines:
      frame_.assign(item).append("\n");
      break;
    case StreamKind::Raw:
      return exchange_->write(item);
    case StreamKind::Items:
      frame_.clear();
      net::append_item(frame_, item);
      break;
  }
  exchange_->write(frame_);
  if (frame_.size() > kKeptFrame) frame_ = std::string();
}

Task<Result<void>> StreamAnswer::write(std::string item) {
  if (over_ || exchange_->closed()) co_return nobody_listens();
  put(item);
  if (exchange_->queued() > options_.buffer) co_await Drained{*this};
  if (over_ || exchange_->closed()) co_return nobody_listens();
  co_return Result<void>();
}

Result<bool> StreamAnswer::try_write(std::string_view item) {
  if (over_ || exchange_->closed()) return nobody_listens();
  if (exchange_->queued() + item.size() + kMostFraming > options_.buffer) return false;
  put(item);
  if (over_ || exchange_->closed()) return nobody_listens();
  return true;
}

Result<void> StreamAnswer::write_blocking(std::string item) {
  if (loop_.on_loop_thread()) {  // a job of LoopCompute: to wait here would be for ever
    if (over_ || exchange_->closed()) return nobody_listens();
    put(item);
    return {};
  }
  std::unique_lock lock(mutex_);
  room_.wait(lock, [this] { return closed_ || ahead_ <= options_.buffer; });
  if (closed_) return nobody_listens();
  ahead_ += item.size() + 1;
  from_thread_.push_back(std::move(item));
  if (!std::exchange(flush_posted_, true)) loop_.post([self = shared_from_this()] { self->flush_blocking(); });
  return {};
}

void StreamAnswer::flush_blocking() {
  std::vector<std::string> items;
  {
    const std::lock_guard lock(mutex_);
    flush_posted_ = false;
    items = std::exchange(from_thread_, {});
  }
  if (over_ || exchange_->closed()) return close();
  for (const std::string& item : items) put(item);
  if (exchange_->queued() <= options_.buffer) return let_blocked_go_on();
  exchange_->when_drained(options_.buffer / 2, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->let_blocked_go_on();
  });
}

void StreamAnswer::let_blocked_go_on() {
  const std::lock_guard lock(mutex_);
  ahead_ = 0;
  for (const std::string& item : from_thread_) ahead_ += item.size() + 1;
  room_.notify_all();
}

void StreamAnswer::close() {
  over_ = true;
  loop_.cancel(std::exchange(keep_alive_, 0));
  const std::lock_guard lock(mutex_);
  closed_ = true;
  room_.notify_all();
}

void StreamAnswer::finish() {
  if (over_) return;
  start_default();
  net::Headers trailers;
  if (options_.kind == StreamKind::Items) trailers.add(net::wire::kStatus, "ok");
  exchange_->finish(std::move(trailers));
  close();
}

void StreamAnswer::fail_with(const Error& error, std::string_view request_id) {
  if (over_) return;
  const std::string json = error_json(error, request_id);
  net::Headers trailers{{net::wire::kStatus, name(error.code)}};
  switch (options_.kind) {
    case StreamKind::Raw:
      exchange_->abort();
      return close();
    case StreamKind::Events:
      exchange_->write("event: error\ndata: " + json + "\n\n");
      break;
    case StreamKind::Lines:
      exchange_->write(json + "\n");
      break;
    case StreamKind::Items:
      trailers.add(net::wire::kErrorJson, json);
      if (error.status != 0) trailers.add(net::wire::kErrorStatus, std::to_string(error.status));
      break;
  }
  exchange_->finish(std::move(trailers));
  close();
}

void StreamAnswer::arm_keep_alive() {
  keep_alive_ = loop_.after(options_.keep_alive, [this] {
    if (!std::exchange(wrote_since_tick_, false) && !exchange_->closed()) {
      start_default();
      exchange_->write(": keep-alive\n\n");
    }
    arm_keep_alive();
  });
}

}  // namespace manta::replica
