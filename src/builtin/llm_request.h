#pragma once

#include <cstddef>

#include <manta/builtin/llm.h>

#include "engines/engine.h"

namespace manta::builtin {

// Throws InvalidArgument for a prompt that cannot fit into `context_tokens` by far.
void check_size(const GenerateRequest& request, std::size_t context_tokens);

// The same request in the engine's words.
engines::GenerationRequest to_engine(GenerateRequest request);

}  // namespace manta::builtin
