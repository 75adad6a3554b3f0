#include "engines/engine.h"
#include "engines/sim/parts.h"

namespace manta::engines::sim {
namespace {

class SimEngine final : public Engine {
 public:
  std::string_view name() const override { return "sim"; }
  Result<std::unique_ptr<EmbeddingEngine>> make_embedding(const EngineOptions& options) override {
    return sim::make_embedding(options);
  }
  Result<std::unique_ptr<RerankEngine>> make_rerank(const EngineOptions& options) override {
    return sim::make_rerank(options);
  }
  Result<std::unique_ptr<LlmEngine>> make_llm(const EngineOptions& options) override { return sim::make_llm(options); }
};

}  // namespace
}  // namespace manta::engines::sim

extern "C" __attribute__((visibility("default"))) manta::engines::Engine* manta_engine(std::uint32_t abi) {
  static auto* const engine = new manta::engines::sim::SimEngine;  // never freed, see EngineEntry
  return abi == manta::engines::kEngineAbi ? engine : nullptr;
}
