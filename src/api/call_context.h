#pragma once

#include <memory>

#include <manta/detail/caller.h>
#include <manta/detail/request_context.h>

namespace manta::api {

// The context of a call made with `options` on behalf of `request` (null: of nothing): the earlier of both deadlines,
// and the rest of `options` where it says something. The request's own object when nothing differs.
std::shared_ptr<RequestContext> call_context(const std::shared_ptr<RequestContext>& request,
                                             const CallOptions& options);

}  // namespace manta::api
