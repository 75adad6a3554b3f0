#pragma once

#include <memory>

#include <manta/detail/request_context.h>

namespace manta {

// Another object that says the same, not cancelled: a callee's own.
std::shared_ptr<RequestContext> copy_of(const RequestContext& request);

}  // namespace manta
