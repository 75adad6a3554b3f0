#include <llama.h>

#include <memory>

#include "engines/engine.h"
#include "engines/llama/llm.h"
#include "engines/llama/log_capture.h"

namespace manta::engines::llama {
namespace {

class LlamaEngine final : public Engine {
 public:
  LlamaEngine() { llama_backend_init(); }

  std::string_view name() const override { return "llama"; }
  Result<std::unique_ptr<EmbeddingEngine>> make_embedding(const EngineOptions&) override { return nullptr; }
  Result<std::unique_ptr<RerankEngine>> make_rerank(const EngineOptions&) override { return nullptr; }
  Result<std::unique_ptr<LlmEngine>> make_llm(const EngineOptions& options) override {
    return llama::make_llm(options, log_);
  }

 private:
  LogCapture log_;
};

}  // namespace
}  // namespace manta::engines::llama

extern "C" __attribute__((visibility("default"))) manta::engines::Engine* manta_engine(std::uint32_t abi) {
  static auto* const engine = new manta::engines::llama::LlamaEngine;  // never freed, see EngineEntry
  return abi == manta::engines::kEngineAbi ? engine : nullptr;
}
