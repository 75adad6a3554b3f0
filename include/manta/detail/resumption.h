#pragma once

#include <coroutine>
#include <memory>
#include <utility>

#include <manta/detail/request_context.h>

namespace manta::detail {

// A parked coroutine with the request it runs for. Resuming restores the request for the thread.
class Resumption {
 public:
  Resumption() = default;
  explicit Resumption(std::coroutine_handle<> handle) : handle_(handle), request_(current_request()) {}
  explicit operator bool() const { return handle_ != nullptr; }
  // Resumes at most once; nothing if empty or forgotten.
  void resume() {
    if (!handle_) return;
    ScopedRequest scope(std::move(request_));
    std::exchange(handle_, nullptr).resume();
  }
  void forget() {
    handle_ = nullptr;
    request_.reset();
  }

 private:
  std::coroutine_handle<> handle_;
  std::shared_ptr<RequestContext> request_;
};

}  // namespace manta::detail
