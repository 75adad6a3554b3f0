// Waits for the end of a generation and tells how many tokens it had.
#pragma once

#include <condition_variable>
#include <mutex>

#include "engines/engine.h"

namespace manta::engines {

class CountingSink final : public GenerationSink {
 public:
  void on_text(std::string_view, std::size_t) override {}
  void on_finish(FinishReason, const Usage& usage, const Error*) override {
    const std::lock_guard lock(mutex_);
    tokens_ = usage.completion_tokens;
    over_.notify_one();
  }
  std::size_t wait() {
    std::unique_lock lock(mutex_);
    over_.wait(lock, [this] { return tokens_ > 0; });
    return tokens_;
  }

 private:
  std::mutex mutex_;  // guards tokens_
  std::condition_variable over_;
  std::size_t tokens_ = 0;
};

}  // namespace manta::engines
