#pragma once

#include <memory>

#include <manta/detail/caller.h>

#include "api/strand.h"
#include "replica/servable.h"

namespace manta::api {

// The stream that a method takes, as its Reader sees it: filled on the strand from `input`, a little ahead of the
// reader. Destroying it drops `input`. Any thread. An empty stream without an input.
detail::PendingStream open_input(const std::shared_ptr<Strand>& strand, std::shared_ptr<replica::ItemInput> input);

}  // namespace manta::api
