#include <manta/detail/request_context.h>

#include <utility>

#include "base/pooled.h"
#include "base/request_copy.h"

namespace manta {
namespace {

// Found as in block_pool.cc. It is null whenever a thread ends, so that nothing has to be destroyed then: without a
// guard.
#if defined(__clang__)
[[clang::no_destroy]]
#endif
[[gnu::tls_model("initial-exec")]] constinit thread_local std::shared_ptr<RequestContext> request_of_thread;

std::shared_ptr<RequestContext>& slot() { return request_of_thread; }

}  // namespace

namespace detail {

const std::shared_ptr<RequestContext>& current_request() { return slot(); }

ScopedRequest::ScopedRequest(std::shared_ptr<RequestContext> request)
    : previous_(std::exchange(slot(), std::move(request))) {}

ScopedRequest::~ScopedRequest() { slot() = std::move(previous_); }

}  // namespace detail

std::shared_ptr<RequestContext> copy_of(const RequestContext& request) {
  auto context = make_pooled<RequestContext>();
  context->deadline = request.deadline;
  context->priority = request.priority;
  for (const auto text : {&RequestContext::request_id, &RequestContext::session_id, &RequestContext::traceparent,
                          &RequestContext::multiplexed_model_id, &RequestContext::tenant, &RequestContext::route,
                          &RequestContext::application})
    if (!(request.*text).empty()) (*context).*text = request.*text;
  return context;
}

bool cancelled() {
  const auto& request = slot();
  if (!request) return false;
  return request->cancelled.load(std::memory_order_relaxed) || std::chrono::steady_clock::now() > request->deadline;
}

}  // namespace manta
