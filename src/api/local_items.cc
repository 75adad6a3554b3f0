#include "api/local_items.h"

#include <utility>

namespace manta::api {
namespace {

constexpr std::size_t kMaxItems = 64;

}  // namespace

struct LocalItems::WriterWait {
  LocalItems& items;
  bool await_ready() { return items.has_room(); }
  bool await_suspend(std::coroutine_handle<> writer) {
    items.writer_ = detail::Resumption(writer);
    if (!items.has_room()) return true;
    items.writer_.forget();
    return false;
  }
  void await_resume() {}
  ~WriterWait() { items.writer_.forget(); }
};

struct LocalItems::ReaderWait {
  LocalItems& items;
  bool await_ready() { return items.readable(); }
  bool await_suspend(std::coroutine_handle<> reader) {
    items.reader_ = detail::Resumption(reader);
    if (!items.readable()) return true;
    items.reader_.forget();
    return false;
  }
  void await_resume() {}
  ~ReaderWait() { items.reader_.forget(); }
};

bool LocalItems::has_room() {
  const std::lock_guard lock(mutex_);
  return nobody_reads_ || items_.size() < kMaxItems;
}

bool LocalItems::readable() {
  const std::lock_guard lock(mutex_);
  return ended_ || !items_.empty();
}

Result<void> LocalItems::add(std::string item) {
  {
    const std::lock_guard lock(mutex_);
    if (nobody_reads_) return fail(ErrorCode::Cancelled, "nobody reads this stream any more");
    items_.push_back(std::move(item));
  }
  wake_reader();
  return {};
}

// The wakes travel as messages: the parked coroutine belongs to the other strand.
void LocalItems::wake_reader() {
  std::shared_ptr<Strand> strand;
  {
    const std::lock_guard lock(mutex_);
    strand = reader_strand_;
  }
  if (strand) strand->post([self = shared_from_this()] { std::exchange(self->reader_, {}).resume(); });
}

void LocalItems::wake_writer() {
  room_.notify_all();
  if (!writer_strand_) return;
  writer_strand_->post([self = shared_from_this()] { std::exchange(self->writer_, {}).resume(); });
}

void LocalItems::set_reader(std::shared_ptr<Strand> reader) {
  const std::lock_guard lock(mutex_);
  reader_strand_ = std::move(reader);
}

Task<Result<void>> LocalItems::write(std::string item) {
  if (!writer_strand_) co_return write_blocking(std::move(item));
  while (!has_room()) co_await WriterWait{*this};
  co_return add(std::move(item));
}

Result<void> LocalItems::write_blocking(std::string item) {
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return nobody_reads_ || items_.size() < kMaxItems; });
  }
  return add(std::move(item));
}

void LocalItems::start(int status, net::Headers headers) {
  const std::lock_guard lock(mutex_);
  head_.status = status;
  head_.headers = std::move(headers);
}

void LocalItems::end(Result<void> how) {
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    ended_ = true;
    if (!how) error_ = std::move(how.error());
  }
  wake_reader();
}

Task<Result<std::optional<std::string>>> LocalItems::next() {
  const auto self = shared_from_this();
  while (!readable()) co_await ReaderWait{*this};  // a wake may be for an item that has been read
  std::optional<std::string> item;
  bool was_full = false;
  {
    const std::lock_guard lock(mutex_);
    if (items_.empty()) {
      if (error_) co_return std::unexpected(*error_);
      co_return item;
    }
    was_full = items_.size() >= kMaxItems;
    item = std::move(items_.front());
    items_.pop_front();
  }
  if (was_full) wake_writer();
  co_return item;
}

void LocalItems::stop_reading() {
  {
    const std::lock_guard lock(mutex_);
    nobody_reads_ = true;
  }
  wake_writer();
}

net::Response LocalItems::head() const {
  const std::lock_guard lock(mutex_);
  return head_;
}

}  // namespace manta::api
