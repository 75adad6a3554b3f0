#include "base/poller.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <iterator>

namespace manta {
namespace {

constexpr std::uint32_t kAlways = EPOLLIN | EPOLLRDHUP | EPOLLET;
constexpr int kBatch = 128;                                              // descriptors told of in one turn
constexpr std::size_t kInARow = 64;                                      // callbacks that were posted by callbacks
constexpr auto kLongestWait = std::chrono::milliseconds(1'000'000'000);  // what fits into epoll_wait's int

// Without these no process of Manta can do anything.
int or_abort(int result, const char* what) {
  if (result >= 0) return result;
  std::perror(what);
  std::abort();
}

}  // namespace

// What the kernel knows a descriptor by.
struct Poller::Entry {
  Poller* poller;  // null once the loop has gone
  Descriptor::Owner* owner;
  int fd;
  std::uint32_t events = 0;   // asked of the kernel; 0: not yet in the set
  std::uint32_t ready = 0;    // Descriptor::Ready, as far as is known
  std::uint32_t awaited = 0;  // Descriptor::Ready
  bool at_end = false;
  bool listed = false;  // in awaited_
  Entry* next = nullptr;
  Entry* previous = nullptr;
};

Poller::Poller()
    : epoll_(or_abort(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      wake_(or_abort(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = nullptr}};
  or_abort(::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event), "epoll_ctl");
}

// Dropping a callback, or what an owner keeps, may post another callback and close descriptors.
void Poller::close() {
  for (;;) {
    take_from_others();
    if (posted_.empty() && entries_ == nullptr) break;
    std::exchange(posted_, {}).clear();
    if (entries_ == nullptr) continue;
    Entry& entry = *entries_;
    forget(entry);
    entry.poller = nullptr;
    entry.owner->on_loop_end();
  }
}

Poller::~Poller() {
  ::close(wake_);
  ::close(epoll_);
}

void Poller::forget(Entry& entry) {
  (entry.previous != nullptr ? entry.previous->next : entries_) = entry.next;
  if (entry.next != nullptr) entry.next->previous = entry.previous;
}

void Poller::post_from_anywhere(Loop::Callback callback) {
  const std::lock_guard lock(mutex_);
  from_others_.push_back(std::move(callback));
  if (!woken_.exchange(true)) interrupt();
}

void Poller::interrupt() {
  constexpr std::uint64_t kOne = 1;
  [[maybe_unused]] const auto written = ::write(wake_, &kOne, sizeof kOne);  // full: it is awake anyway
}

void Poller::take_from_others() {
  if (!woken_) return;
  const std::lock_guard lock(mutex_);
  woken_ = false;
  std::ranges::move(from_others_, std::back_inserter(posted_));
  from_others_.clear();
}

int Poller::ask_kernel(epoll_event* events, int room, std::optional<Duration> limit) {
  if (!posted_.empty() || !awaited_.empty() || (limit && *limit <= Duration(0)))
    return ::epoll_wait(epoll_, events, room, 0);
  if (!limit || *limit >= kLongestWait) return ::epoll_wait(epoll_, events, room, -1);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(*limit);
  const timespec exact{.tv_sec = seconds.count(), .tv_nsec = (*limit - seconds).count()};
  const int found = ::epoll_pwait2(epoll_, events, room, &exact, nullptr);
  if (found >= 0 || errno == EINTR) return found;
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(*limit);  // a kernel before 5.11, or a sandbox
  return ::epoll_wait(epoll_, events, room, static_cast<int>(rounded.count()));
}

std::size_t Poller::wait(std::optional<Duration> limit) {
  if (telling_ == 0) closed_.clear();
  take_from_others();  // before what is posted in this turn
  std::array<epoll_event, kBatch> events;
  const int found = ask_kernel(events.data(), kBatch, limit);
  for (int i = 0; i < found; ++i) {
    auto* const entry = static_cast<Entry*>(events[static_cast<std::size_t>(i)].data.ptr);
    if (entry == nullptr) continue;  // wake_: edge-triggered, so that nobody has to read it
    const std::uint32_t now = events[static_cast<std::size_t>(i)].events;
    const bool lost = (now & (EPOLLERR | EPOLLHUP)) != 0;
    if (lost) entry->ready |= Descriptor::kLost | Descriptor::kReadable | Descriptor::kWritable;
    if (lost || (now & EPOLLRDHUP) != 0) entry->at_end = true;
    if ((now & (EPOLLIN | EPOLLRDHUP)) != 0) entry->ready |= Descriptor::kReadable;
    if ((now & EPOLLOUT) != 0) entry->ready |= Descriptor::kWritable;
  }
  ++telling_;
  std::size_t told = tell_awaited();
  for (int i = 0; i < found; ++i)
    if (auto* const entry = static_cast<Entry*>(events[static_cast<std::size_t>(i)].data.ptr)) told += tell(*entry);
  --telling_;
  return told;
}

std::size_t Poller::tell_awaited() {
  std::size_t told = 0;
  for (Entry* const entry : std::exchange(awaited_, {})) {
    entry->listed = false;
    told += tell(*entry);
  }
  return told;
}

// A descriptor that is closed meanwhile is in closed_, and has no fd.
std::size_t Poller::tell(Entry& entry) {
  std::size_t told = 0;
  for (const auto what : {Descriptor::kReadable, Descriptor::kWritable, Descriptor::kLost}) {
    if (entry.fd < 0 || (entry.awaited & entry.ready & what) == 0) continue;
    entry.awaited &= ~std::uint32_t{what};
    // A Unix socket is told of room for bytes each time the peer reads: only who waits for that asks for it.
    if (what == Descriptor::kWritable) update(entry, kAlways);
    entry.ready &= ~std::uint32_t{what == Descriptor::kWritable ? what : 0U};
    ++told;
    entry.owner->on_ready(what);
  }
  return told;
}

std::size_t Poller::run_posted(const std::atomic<bool>& stopped) {
  take_from_others();
  const std::size_t most = posted_.size() + kInARow;
  std::size_t ran = 0;
  while (!posted_.empty() && ran < most && !stopped) {
    std::vector<Loop::Callback> running = std::exchange(spare_, {});
    running.swap(posted_);
    std::size_t next = 0;
    for (; next < running.size() && ran < most && !stopped; ++next, ++ran) {
      running[next]();
      running[next] = nullptr;  // what it holds goes at once
    }
    if (next < running.size())
      posted_.insert(posted_.begin(), std::move_iterator(running.begin() + static_cast<std::ptrdiff_t>(next)),
                     std::move_iterator(running.end()));  // what is left goes first
    running.clear();
    spare_ = std::move(running);
  }
  return ran;
}

void Poller::update(Entry& entry, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.ptr = &entry}};
  ::epoll_ctl(entry.poller->epoll_, entry.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, entry.fd, &event);
  entry.events = events;
}

Descriptor::Descriptor(Loop& loop, int fd, Owner& owner)
    : fd_(fd), entry_(new Poller::Entry{&loop.poller(), &owner, fd}) {
  if (const int flags = ::fcntl(fd, F_GETFL); (flags & O_NONBLOCK) == 0) ::fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  Poller& poller = *entry_->poller;
  entry_->next = poller.entries_;
  if (entry_->next != nullptr) entry_->next->previous = entry_.get();
  poller.entries_ = entry_.get();
}

Descriptor::~Descriptor() { close(); }

bool Descriptor::is_told() const { return entry_ != nullptr && entry_->poller != nullptr; }

void Descriptor::wait(Ready what) {
  if (!is_told()) return;
  if (what == kWritable) return wait_anew(what);
  if ((entry_->ready & what) != 0) return tell_soon(what);
  entry_->awaited |= what;
  if (entry_->events == 0) Poller::update(*entry_, kAlways);
}

void Descriptor::wait_anew(Ready what) {
  if (!is_told()) return;
  entry_->ready &= ~std::uint32_t{what};
  entry_->awaited |= what;
  Poller::update(*entry_, kAlways | ((entry_->awaited & kWritable) != 0 ? std::uint32_t{EPOLLOUT} : 0));
}

void Descriptor::tell_soon(Ready what) {
  if (!is_told()) return;
  entry_->ready |= what;
  entry_->awaited |= what;
  if (!std::exchange(entry_->listed, true)) entry_->poller->awaited_.push_back(entry_.get());
}

void Descriptor::exhausted(Ready what) {
  if (entry_) entry_->ready &= ~std::uint32_t{what};
}

bool Descriptor::has_end() const { return entry_ && entry_->at_end; }

void Descriptor::close() {
  if (!entry_) return;
  Poller::Entry& entry = *entry_;
  if (Poller* const poller = entry.poller) {
    if (entry.events != 0) ::epoll_ctl(poller->epoll_, EPOLL_CTL_DEL, fd_, nullptr);
    poller->forget(entry);
    std::erase(poller->awaited_, entry_.get());
    entry.fd = -1;
    poller->closed_.push_back(std::move(entry_));
  }
  entry_.reset();
  ::close(std::exchange(fd_, -1));
}

}  // namespace manta
