#include <memory>
#include <mutex>

#include "engines/engine.h"
#include "engines/onnx/embedding.h"
#include "engines/onnx/ort_api.h"
#include "engines/onnx/rerank.h"

namespace manta::engines::onnx {
namespace {

class OnnxEngine final : public Engine {
 public:
  std::string_view name() const override { return "onnx"; }

  Result<std::unique_ptr<EmbeddingEngine>> make_embedding(const EngineOptions& options) override {
    if (auto ready = start(); !ready) return std::unexpected(ready.error());
    return onnx::make_embedding(*env_, options);
  }

  Result<std::unique_ptr<RerankEngine>> make_rerank(const EngineOptions& options) override {
    if (auto ready = start(); !ready) return std::unexpected(ready.error());
    return onnx::make_rerank(*env_, options);
  }

  Result<std::unique_ptr<LlmEngine>> make_llm(const EngineOptions&) override { return nullptr; }

 private:
  // ONNX Runtime's environment: one per process, first use.
  Result<void> start() {
    const std::lock_guard lock(mutex_);
    if (env_) return {};
    if (auto bound = bind_ort(); !bound) return bound;
    env_ = std::make_unique<Ort::Env>(ORT_LOGGING_LEVEL_FATAL, "manta");
    return {};
  }

  std::mutex mutex_;  // guards env_
  std::unique_ptr<Ort::Env> env_;
};

}  // namespace
}  // namespace manta::engines::onnx

extern "C" __attribute__((visibility("default"))) manta::engines::Engine* manta_engine(std::uint32_t abi) {
  static auto* const engine = new manta::engines::onnx::OnnxEngine;  // never freed, see EngineEntry
  return abi == manta::engines::kEngineAbi ? engine : nullptr;
}
