#pragma once

#include <nghttp2/nghttp2.h>

namespace manta::net {

// The memory that nghttp2 works with: it takes and frees about a dozen small blocks for each stream, which the thread
// that runs it keeps for the next. Outlives every session.
nghttp2_mem* h2_memory();

}  // namespace manta::net
