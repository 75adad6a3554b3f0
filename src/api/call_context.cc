#include "api/call_context.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>

#include "base/request_copy.h"

namespace manta::api {
namespace {

std::string new_request_id() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  char text[33];
  std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(random()),
                static_cast<unsigned long long>(random()));
  return text;
}

}  // namespace

std::shared_ptr<RequestContext> call_context(const std::shared_ptr<RequestContext>& request,
                                             const CallOptions& options) {
  const bool plain = options.timeout.count() == 0 && options.session_id.empty() &&
                     options.multiplexed_model_id.empty() && options.priority == 0 && options.tenant.empty();
  const bool has_id = request && !request->request_id.empty();
  if (has_id && plain) return request;
  auto context = request ? copy_of(*request) : std::make_shared<RequestContext>();
  if (request) context->replica = request->replica;
  if (!has_id) context->request_id = new_request_id();
  if (options.timeout.count() != 0)
    context->deadline = std::min(context->deadline, std::chrono::steady_clock::now() + options.timeout);
  if (!options.session_id.empty()) context->session_id = options.session_id;
  if (!options.multiplexed_model_id.empty()) context->multiplexed_model_id = options.multiplexed_model_id;
  if (options.priority != 0) context->priority = options.priority;
  if (!options.tenant.empty()) context->tenant = options.tenant;
  return context;
}

}  // namespace manta::api
