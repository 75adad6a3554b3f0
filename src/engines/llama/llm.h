#pragma once

#include <memory>

#include "engines/engine.h"
#include "engines/llama/log_capture.h"

namespace manta::engines::llama {

// Options: docs/reference/engines.md. Blocks while the model loads. `log` must outlive the engine.
Result<std::unique_ptr<LlmEngine>> make_llm(const EngineOptions& options, LogCapture& log);

}  // namespace manta::engines::llama
