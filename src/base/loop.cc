#include "base/loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "base/loop_asio.h"

namespace manta {

Loop::Loop(const Clock& clock) : clock_(clock), asio_(std::make_unique<Asio>()) {
  asio_->thread = std::this_thread::get_id();
}

Loop::~Loop() = default;

void Loop::run() {
  asio_->thread = std::this_thread::get_id();
  const auto work = boost::asio::make_work_guard(asio_->io);
  asio_->io.restart();
  asio_->io.run();
}

void Loop::stop() { asio_->io.stop(); }

std::size_t Loop::poll() {
  std::size_t ran = 0;
  for (;;) {
    asio_->io.restart();
    const std::size_t now_ran = asio_->io.poll() + deadlines_.fire_due(now());
    if (now_ran == 0) return ran;
    ran += now_ran;
  }
}

void Loop::post(Callback callback) { boost::asio::post(asio_->io, std::move(callback)); }

TimerId Loop::at(TimePoint when, Callback callback) {
  const TimerId id = deadlines_.add(when, std::move(callback));
  arm();
  return id;
}

bool Loop::cancel(TimerId id) { return deadlines_.cancel(id); }

bool Loop::on_loop_thread() const { return asio_->thread == std::this_thread::get_id(); }

// A real timer is set for the earliest deadline only, and moved only to an earlier one: most deadlines are cancelled
// long before they are due, and a timer that fires early costs less than one that is moved for each request.
void Loop::arm() {
  if (!clock_.is_real()) return;
  const auto next = deadlines_.next();
  if (!next || *next >= asio_->armed) return;
  asio_->armed = *next;
  asio_->timer.expires_at(*next);
  asio_->timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_timer();
  });
}

void Loop::on_timer() {
  asio_->armed = TimePoint::max();
  deadlines_.fire_due(now());
  arm();
}

}  // namespace manta
