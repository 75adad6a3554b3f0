#pragma once

#include <coroutine>
#include <cstddef>

#include <manta/task.h>

namespace manta::ingress {

// One coroutine that waits until a number of answers have come. Confined to its loop.
class Gathering {
 public:
  explicit Gathering(std::size_t awaited) : awaited_(awaited) {}

  void one_less() {
    if (--awaited_ == 0) waiting_.resume();
  }

  struct AllAnswered {
    Gathering& gathering;
    bool await_ready() const { return gathering.awaited_ == 0; }
    void await_suspend(std::coroutine_handle<> waiting) { gathering.waiting_ = detail::Resumption(waiting); }
    void await_resume() const {}
    ~AllAnswered() { gathering.waiting_.forget(); }
  };

 private:
  std::size_t awaited_;
  detail::Resumption waiting_;
};

}  // namespace manta::ingress
