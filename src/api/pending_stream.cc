#include "api/pending_stream.h"

#include <utility>

#include "api/pending_call.h"
#include "api/replica_scope.h"

namespace manta::detail {
namespace {

// What may wait for a slow reader.
constexpr std::size_t kMaxItems = 64;
constexpr std::size_t kMaxBytes = 64 << 10;

}  // namespace

bool PendingStream::State::put(std::string item) {
  const std::lock_guard lock(mutex);
  bytes += item.size();
  items.push_back(std::move(item));
  count_to_read();
  return is_below_limit();
}

void PendingStream::State::tell_reader() {
  changed.notify_all();
  std::exchange(reader, {}).resume();
}

void PendingStream::State::end(Result<void> how) {
  {
    const std::lock_guard lock(mutex);
    if (ended) return;
    ended = true;
    if (!how) error = std::move(how.error());
    count_to_read();
  }
  tell_reader();
}

void PendingStream::State::abandon(Error why) {
  if (over()) return;
  reader.forget();
  end(std::unexpected(std::move(why)));
}

bool PendingStream::State::is_below_limit() const { return items.size() < kMaxItems && bytes < kMaxBytes; }

bool PendingStream::State::has_room() {
  const std::lock_guard lock(mutex);
  return is_below_limit();
}

void PendingStream::State::count_to_read() { to_read.store(items.size() + (ended ? 1 : 0), std::memory_order_release); }

bool PendingStream::State::over() {
  const std::lock_guard lock(mutex);
  return ended;
}

void PendingStream::State::cancel(const std::shared_ptr<State>& state) {
  auto stop = [state] {
    if (TaskScope* tasks = state->strand->tasks()) tasks->cancel(state->task);
    state->end(fail(ErrorCode::Cancelled, "the stream was cancelled by its reader"));
  };
  if (state->over()) return;
  if (state->strand->on_thread())
    stop();
  else
    state->strand->post(stop);
}

PendingStream& PendingStream::operator=(PendingStream&& other) noexcept {
  if (this == &other) return *this;
  cancel();
  state_ = std::move(other.state_);
  return *this;
}

bool PendingStream::wait(Timeout timeout) const {
  if (!state_) throw Exception({ErrorCode::InvalidArgument, "this reader was moved or never came from a call"});
  if (state_->readable()) return true;
  if (state_->strand->on_thread()) api::refuse_to_block("reader.next_blocking()");
  return api::wait_blocking(state_->mutex, state_->changed, timeout,
                            [this] { return state_->ended || !state_->items.empty(); });
}

bool PendingStream::readable() const { return !state_ || state_->readable(); }

bool PendingStream::ready() const {
  if (!state_ || !state_->strand->on_thread()) return wait(std::nullopt);
  return state_->readable();
}

void PendingStream::park(std::coroutine_handle<> waiter) { state_->reader = Resumption(waiter); }

void PendingStream::forget() {
  if (state_) state_->reader.forget();
}

Result<std::optional<std::string>> PendingStream::take() {
  std::optional<std::string> item;
  bool wake = false;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->items.empty()) {
      if (state_->error) return std::unexpected(*state_->error);
      return std::nullopt;
    }
    item = std::move(state_->items.front());
    state_->items.pop_front();
    state_->bytes -= item->size();
    state_->count_to_read();
    if (state_->items.size() <= kMaxItems / 2 && state_->bytes <= kMaxBytes / 2)
      wake = std::exchange(state_->producer_waits, false);
  }
  if (wake) state_->strand->post([state = state_] { std::exchange(state->producer, {}).resume(); });
  return item;
}

void PendingStream::cancel() {
  if (state_) State::cancel(state_);
}

}  // namespace manta::detail

namespace manta::api {

// A reader on another thread may have made room meanwhile, and will not say so again.
bool RoomAwaiter::await_suspend(std::coroutine_handle<> producer) {
  stream.producer = detail::Resumption(producer);
  const std::lock_guard lock(stream.mutex);
  stream.producer_waits = !stream.is_below_limit();
  return stream.producer_waits;
}

}  // namespace manta::api
