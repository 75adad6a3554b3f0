#pragma once

#include <cstdint>
#include <memory>

#include "engines/engine.h"

// The three parts of the engine that computes nothing: for tests, and for benches of everything around a model.
// Options: docs/reference/engines.md.
namespace manta::engines::sim {

// Largest values an option may have.
constexpr double kMaxMs = 3.6e6;
constexpr std::int64_t kMaxCount = 1'000'000'000;

// Bag of words: each word is a fixed random vector, a text is their normalized sum. Texts that share words are near.
Result<std::unique_ptr<EmbeddingEngine>> make_embedding(const EngineOptions& options);

// The share of the query's distinct words that the document has, 0 to 1.
Result<std::unique_ptr<RerankEngine>> make_rerank(const EngineOptions& options);

// A token clock: the first token after ttft_ms in a slot, then one every itl_ms. The words follow from prompt and seed.
Result<std::unique_ptr<LlmEngine>> make_llm(const EngineOptions& options);

}  // namespace manta::engines::sim
