#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engines/engine.h"

namespace manta::engines {

// Keeps what a generation yields; wait() blocks until it is over.
class RecordingSink final : public GenerationSink {
 public:
  struct Outcome {
    std::string text;
    std::vector<std::string> pieces;
    std::size_t tokens = 0;
    FinishReason reason = FinishReason::Error;
    Usage usage;
    std::optional<Error> error;
    int finishes = 0;
  };

  // `on_token` runs on the engine's thread after each on_text.
  explicit RecordingSink(std::function<void(const Outcome&)> on_token = {}) : on_token_(std::move(on_token)) {}

  void on_text(std::string_view text, std::size_t tokens) override {
    {
      const std::lock_guard lock(mutex_);
      outcome_.text += text;
      outcome_.pieces.emplace_back(text);
      outcome_.tokens += tokens;
    }
    changed_.notify_all();
    if (on_token_) on_token_(outcome_);
  }

  void on_finish(FinishReason reason, const Usage& usage, const Error* error) override {
    const std::lock_guard lock(mutex_);
    outcome_.reason = reason;
    outcome_.usage = usage;
    if (error) outcome_.error = *error;
    ++outcome_.finishes;
    changed_.notify_all();
  }

  Outcome wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return outcome_.finishes > 0; });
    return outcome_;
  }

  void wait_for_tokens(std::size_t tokens) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return outcome_.tokens >= tokens || outcome_.finishes > 0; });
  }

 private:
  std::mutex mutex_;  // guards outcome_
  std::condition_variable changed_;
  Outcome outcome_;
  std::function<void(const Outcome&)> on_token_;
};

}  // namespace manta::engines
