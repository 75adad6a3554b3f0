#include "base/loop.h"

#include <algorithm>
#include <utility>

#include "base/poller.h"

namespace manta {
namespace {

// Whose callbacks this thread runs just now.
thread_local const Loop* running = nullptr;

class Running {
 public:
  explicit Running(const Loop* loop) : before_(std::exchange(running, loop)) {}
  ~Running() { running = before_; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  const Loop* before_;
};

}  // namespace

Loop::Loop(const Clock& clock)
    : clock_(clock),
      thread_(std::make_shared<std::atomic<std::thread::id>>(std::this_thread::get_id())),
      poller_(std::make_unique<Poller>()) {}

Loop::~Loop() { poller_->close(); }

void Loop::run() {
  *thread_ = std::this_thread::get_id();
  stopped_ = false;
  const Running here(this);
  while (!stopped_) turn(until_next_deadline());
}

void Loop::stop() {
  stopped_ = true;
  poller_->interrupt();
}

std::size_t Loop::poll() {
  const Running here(this);
  std::size_t ran = 0;
  for (;;) {
    stopped_ = false;
    const std::size_t now_ran = turn(Duration(0));
    if (now_ran == 0) return ran;
    ran += now_ran;
  }
}

// What I/O and deadlines post runs in the same turn: the kernel is asked once for all of it.
std::size_t Loop::turn(std::optional<Duration> limit) {
  std::size_t ran = poller_->wait(limit);
  ran += deadlines_.fire_due(now());
  return ran + poller_->run_posted(stopped_);
}

// Without real time passing nothing ever becomes due by itself.
std::optional<Duration> Loop::until_next_deadline() {
  if (!clock_.is_real()) return std::nullopt;
  const auto next = deadlines_.next();
  if (!next) return std::nullopt;
  return std::max(Duration(0), *next - now());
}

void Loop::post(Callback callback) {
  if (running == this)
    poller_->post(std::move(callback));
  else
    poller_->post_from_anywhere(std::move(callback));
}

TimerId Loop::at(TimePoint when, Callback callback) { return deadlines_.add(when, std::move(callback)); }

bool Loop::cancel(TimerId id) { return deadlines_.cancel(id); }

}  // namespace manta
