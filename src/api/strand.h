#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "base/loop.h"
#include "base/task_scope.h"

namespace manta::api {

// A loop as the API's objects see it: they may outlive it (a response kept by a client program) and come from any
// thread. Owns the coroutines of the calls that run on the loop. Shared by everything that uses it; closed by the owner
// of the loop, on the loop or when it no longer runs.
class Strand {
 public:
  explicit Strand(Loop& loop) : thread_(loop.thread()), loop_(&loop), tasks_(std::make_unique<TaskScope>(loop)) {}

  // Any thread; false, and nothing happens, once closed.
  bool post(Loop::Callback callback) {
    const std::lock_guard lock(mutex_);
    if (loop_) loop_->post(std::move(callback));
    return loop_ != nullptr;
  }
  // Any thread: whether it is the loop's.
  bool on_thread() const { return !closed_ && *thread_ == std::this_thread::get_id(); }

  // On the loop only.
  Loop& loop() { return *loop_; }
  TaskScope* tasks() { return tasks_.get(); }

  // Destroys the coroutines. Nothing is posted from then on.
  void close() {
    auto tasks = std::exchange(tasks_, nullptr);
    tasks.reset();
    const std::lock_guard lock(mutex_);
    loop_ = nullptr;
    closed_ = true;
  }

 private:
  const std::shared_ptr<const std::atomic<std::thread::id>> thread_;
  std::atomic<bool> closed_ = false;
  std::mutex mutex_;  // guards loop_ against close()
  Loop* loop_;
  std::unique_ptr<TaskScope> tasks_;
};

}  // namespace manta::api
