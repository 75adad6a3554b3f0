#pragma once

#include <future>
#include <memory>
#include <thread>

#include "api/strand.h"
#include "base/loop.h"

namespace manta::api {

// A loop with a thread of its own, and its strand. Destroying it stops the loop, joins, and closes the strand.
class LoopThread {
 public:
  explicit LoopThread(const Clock& clock) : loop_(clock), strand_(std::make_shared<Strand>(loop_)) {
    std::promise<void> running;
    loop_.post([&running] { running.set_value(); });
    thread_ = std::thread([this] { loop_.run(); });
    running.get_future().wait();  // from here on the loop knows which thread is its own
  }
  ~LoopThread() {
    loop_.stop();
    thread_.join();
    strand_->close();
  }
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  Loop& loop() { return loop_; }
  const std::shared_ptr<Strand>& strand() const { return strand_; }

  // Runs `work` on the loop and waits for it. Not from the loop.
  template <class Work>
  void run_and_wait(Work work) {
    std::promise<void> done;
    loop_.post([&] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  Loop loop_;
  std::shared_ptr<Strand> strand_;
  std::thread thread_;
};

}  // namespace manta::api
