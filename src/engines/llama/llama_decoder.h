#pragma once

#include <llama.h>

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engines/generation/decoder.h"
#include "engines/llama/log_capture.h"
#include "engines/llama/model.h"
#include "engines/llama/sampler.h"

namespace manta::engines::llama {

// llama.cpp's context: the KV caches of all slots, and the compute. One thread at a time.
class LlamaDecoder final : public Decoder {
 public:
  struct Options {
    std::size_t slots = 4, context = 2048, batch = 512, ubatch = 512;
    std::size_t draft_tokens = 0;  // the most drafts that one step checks
    int threads = 1, threads_batch = 1;
  };
  // Allocates, and runs one token to fail now rather than at the first request. `model` and `log` must outlive the
  // decoder.
  static Result<std::unique_ptr<LlamaDecoder>> create(const Model& model, const Options& options, LogCapture& log);

  ~LlamaDecoder() override;

  std::size_t start(std::size_t slot, const PendingGeneration& request, std::size_t kept) override;
  std::size_t copy(std::size_t from, std::size_t to, std::size_t tokens) override;
  void truncate(std::size_t slot, std::size_t held) override;
  Result<std::vector<SampledToken>> step(std::span<const BatchItem> batch) override;

 private:
  struct FreeContext {
    void operator()(llama_context* context) const { llama_free(context); }
  };
  struct Slot {
    std::optional<Sampler> sampler;
    bool suppresses_end = false;   // ignore_eos
    std::optional<Token> sampled;  // last in this step; nothing once a draft was wrong
  };
  LlamaDecoder(const Model& model, llama_context* context, const Options& options, LogCapture& log);

  void fill(std::span<const BatchItem> items);
  Result<void> decode();
  void sample(std::span<const BatchItem> items, std::vector<SampledToken>& sampled);
  Token sample(std::size_t slot, std::int32_t index);

  const Model& model_;
  LogCapture& log_;
  std::unique_ptr<llama_context, FreeContext> context_;
  llama_memory_t memory_;
  llama_batch batch_;
  std::vector<Slot> slots_;
  std::vector<llama_token_data> scratch_;
};

}  // namespace manta::engines::llama
