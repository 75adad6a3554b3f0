#include <manta/detail/request_context.h>

#include <utility>

namespace manta {
namespace {

std::shared_ptr<RequestContext>& slot() {
  thread_local std::shared_ptr<RequestContext> request;
  return request;
}

}  // namespace

namespace detail {

const std::shared_ptr<RequestContext>& current_request() { return slot(); }

ScopedRequest::ScopedRequest(std::shared_ptr<RequestContext> request)
    : previous_(std::exchange(slot(), std::move(request))) {}

ScopedRequest::~ScopedRequest() { slot() = std::move(previous_); }

}  // namespace detail

bool cancelled() {
  const auto& request = slot();
  if (!request) return false;
  return request->cancelled.load(std::memory_order_relaxed) || std::chrono::steady_clock::now() > request->deadline;
}

}  // namespace manta
