#include "simulate/workers.h"

#include <algorithm>
#include <utility>

namespace manta::simulate {

void Workers::add(std::function<void()> done) {
  waiting_.push_back(std::move(done));
  pump();
}

void Workers::stop() {
  account();
  stopped_ = true;
  busy_ = 0;
  waiting_.clear();
}

double Workers::busy_s() const {
  const std::chrono::duration<double> since = world_.loop.now() - accounted_;
  return busy_s_ + busy_ * since.count();
}

void Workers::account() {
  busy_s_ = busy_s();
  accounted_ = world_.loop.now();
}

void Workers::pump() {
  while (!stopped_ && busy_ < lanes_ && !waiting_.empty()) {
    const auto count = std::min(waiting_.size(), static_cast<std::size_t>(time_.batch));
    std::vector<std::function<void()>> batch;
    for (std::size_t i = 0; i < count; ++i) {
      batch.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    account();
    ++busy_;
    world_.loop.after(scaled(time_.draw(world_.random), factor_),
                      [weak = weak_from_this(), work = std::move(batch)]() mutable {
                        if (const auto self = weak.lock()) self->finish(std::move(work));
                      });
  }
}

void Workers::finish(std::vector<std::function<void()>> batch) {
  if (stopped_) return;
  account();
  --busy_;
  for (const auto& done : batch) {
    done();
    if (stopped_) return;
  }
  pump();
}

}  // namespace manta::simulate
