#include <manta/detail/request_context.h>

#include <utility>

#include "base/request_copy.h"

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

std::shared_ptr<RequestContext> copy_of(const RequestContext& request) {
  auto context = std::make_shared<RequestContext>();
  context->request_id = request.request_id;
  context->deadline = request.deadline;
  context->session_id = request.session_id;
  context->traceparent = request.traceparent;
  context->multiplexed_model_id = request.multiplexed_model_id;
  context->priority = request.priority;
  context->tenant = request.tenant;
  context->route = request.route;
  context->application = request.application;
  return context;
}

bool cancelled() {
  const auto& request = slot();
  if (!request) return false;
  return request->cancelled.load(std::memory_order_relaxed) || std::chrono::steady_clock::now() > request->deadline;
}

}  // namespace manta
