#pragma once

#include <memory>

#include "engines/engine.h"
#include "engines/onnx/ort_api.h"

namespace manta::engines::onnx {

// Options: docs/reference/engines.md. Takes models with logits of shape [batch], [batch, 1] or [batch, 2] (the second
// is the score). Scores one short pair to fail now if the model does not run.
Result<std::unique_ptr<RerankEngine>> make_rerank(Ort::Env& env, const EngineOptions& options);

}  // namespace manta::engines::onnx
