#pragma once

#include <memory>

#include "engines/engine.h"
#include "engines/onnx/ort_api.h"

namespace manta::engines::onnx {

// Options: docs/reference/engines.md. Embeds one short text to learn the dimensions and to fail now if the model does
// not run.
Result<std::unique_ptr<EmbeddingEngine>> make_embedding(Ort::Env& env, const EngineOptions& options);

}  // namespace manta::engines::onnx
