#include "replica/call_input.h"

#include "net/items.h"
#include "net/wire.h"
#include "spec/stream_end.h"

namespace manta::replica {
namespace {

void nobody_reads(net::Exchange& sender) { sender.respond({.status = 410}); }

// The end that the sender announces with the last items.
Result<void> end_of(const net::Headers& headers, std::string_view status) {
  return spec::stream_end(status, headers.get(net::wire::kErrorJson).value_or(""),
                          headers.get(net::wire::kErrorStatus).value_or(""));
}

}  // namespace

// Suspends the reader until an item or the end is here.
struct CallInput::Wait {
  CallInput& input;
  bool await_ready() const { return input.ended_ || !input.items_.empty(); }
  void await_suspend(std::coroutine_handle<> reader) { input.reader_ = detail::Resumption(reader); }
  void await_resume() {}
  ~Wait() { input.reader_.forget(); }
};

CallInput::~CallInput() {
  if (sender_) nobody_reads(*sender_);
}

Task<Result<std::optional<std::string>>> CallInput::next() {
  co_await Wait{*this};
  if (items_.empty()) {
    if (error_) co_return std::unexpected(*error_);
    co_return std::optional<std::string>();
  }
  std::optional<std::string> item(std::move(items_.front()));
  items_.pop_front();
  bytes_ -= item->size();
  let_sender_go_on();
  co_return item;
}

void CallInput::let_sender_go_on() {
  if (!sender_ || bytes_ > buffer_ / 2) return;
  std::exchange(sender_, nullptr)->respond({.status = 200});
}

void CallInput::take(net::Request& request) {
  net::ItemSplitter splitter;
  splitter.feed(request.body);
  for (;;) {
    auto item = splitter.next();
    if (!item || !*item) break;
    bytes_ += (*item)->size();
    items_.push_back(std::move(**item));
  }
  const auto status = request.headers.get(net::wire::kStatus);
  if (!status) return;
  ended_ = true;
  if (auto end = end_of(request.headers, *status); !end) error_ = std::move(end.error());
}

void CallInput::feed(net::ExchangePtr exchange) {
  if (ended_) return nobody_reads(*exchange);
  take(exchange->request());
  if (sender_) std::exchange(sender_, nullptr)->respond({.status = 200});
  sender_ = std::move(exchange);
  if (ended_ || bytes_ <= buffer_) std::exchange(sender_, nullptr)->respond({.status = 200});
  auto reader = std::exchange(reader_, {});
  reader.resume();  // may destroy this
}

std::shared_ptr<CallInput> CallInputs::open(const Key& key, std::size_t buffer) {
  auto input = std::make_shared<CallInput>(buffer);
  inputs_[key] = input;
  return input;
}

void CallInputs::feed(net::ExchangePtr exchange) {
  const auto id = exchange->request().headers.get(net::wire::kInput).value_or("");
  const auto known = inputs_.find({exchange->connection_id(), std::string(id)});
  if (known == inputs_.end()) return exchange->respond({.status = 404});
  if (const auto input = known->second.lock()) return input->feed(std::move(exchange));
  nobody_reads(*exchange);
}

}  // namespace manta::replica
