#include "engines/llama/llama_decoder.h"

#include <algorithm>
#include <limits>

#include "engines/llama/decode_parts.h"
#include "engines/message.h"

namespace manta::engines::llama {
namespace {

llama_context_params context_params(const LlamaDecoder::Options& options) {
  llama_context_params params = llama_context_default_params();
  params.n_ctx = static_cast<std::uint32_t>(options.context * options.slots);
  params.n_batch = static_cast<std::uint32_t>(options.batch);
  params.n_ubatch = static_cast<std::uint32_t>(std::min(options.ubatch, options.batch));
  params.n_seq_max = static_cast<std::uint32_t>(options.slots);
  // One token per slot and step, and the drafts: saves n_batch rows of logits.
  params.n_outputs_max = static_cast<std::uint32_t>(options.slots + options.draft_tokens);
  params.n_threads = options.threads;
  params.n_threads_batch = options.threads_batch;
  params.kv_unified = false;  // a sequence attends to its own cache only
  params.no_perf = true;
  return params;
}

llama_seq_id sequence(std::size_t slot) { return static_cast<llama_seq_id>(slot); }

}  // namespace

LlamaDecoder::LlamaDecoder(const Model& model, llama_context* context, const Options& options, LogCapture& log)
    : model_(model),
      log_(log),
      context_(context),
      memory_(llama_get_memory(context)),
      batch_(llama_batch_init(static_cast<std::int32_t>(options.batch), 0, 1)),
      slots_(options.slots) {}

LlamaDecoder::~LlamaDecoder() { llama_batch_free(batch_); }

Result<std::unique_ptr<LlamaDecoder>> LlamaDecoder::create(const Model& model, const Options& options,
                                                           LogCapture& log) {
  log.take_error();
  llama_context* context = llama_init_from_model(model.get(), context_params(options));
  if (!context)
    return fail(ErrorCode::Unavailable,
                message("{}: no room for {} slots of {} tokens: {}; lower the options slots or context", model.path(),
                        options.slots, options.context, log.take_error()));
  std::unique_ptr<LlamaDecoder> decoder(new LlamaDecoder(model, context, options, log));
  const BatchItem first{.slot = 0, .token = 0, .position = 0, .wants_token = false};
  decoder->fill(std::span(&first, 1));
  if (auto decoded = decoder->decode(); !decoded) return std::unexpected(decoded.error());
  llama_memory_clear(decoder->memory_, true);
  return decoder;
}

std::size_t LlamaDecoder::start(std::size_t slot, const PendingGeneration& request, std::size_t kept) {
  slots_[slot].sampler.emplace(request.sampling, request.prompt, model_.vocabulary());
  slots_[slot].suppresses_end = request.sampling.ignore_eos;
  // Caches with a window have dropped the start; recurrent ones cannot go back.
  const bool has_start = llama_memory_seq_pos_min(memory_, sequence(slot)) == 0;
  if (kept > 0 && has_start && llama_memory_seq_rm(memory_, sequence(slot), static_cast<llama_pos>(kept), -1))
    return kept;
  llama_memory_seq_rm(memory_, sequence(slot), -1, -1);
  return 0;
}

std::size_t LlamaDecoder::copy(std::size_t from, std::size_t to, std::size_t tokens) {
  if (llama_memory_seq_pos_min(memory_, sequence(from)) != 0) return 0;  // a window that has dropped the start
  // Slots have buffers of their own, so llama.cpp copies a whole one, at the next step.
  llama_memory_seq_cp(memory_, sequence(from), sequence(to), -1, -1);
  if (llama_memory_seq_rm(memory_, sequence(to), static_cast<llama_pos>(tokens), -1)) return tokens;
  llama_memory_seq_rm(memory_, sequence(to), -1, -1);
  return 0;
}

void LlamaDecoder::truncate(std::size_t slot, std::size_t held) {
  llama_memory_seq_rm(memory_, sequence(slot), static_cast<llama_pos>(held), -1);
}

void LlamaDecoder::fill(std::span<const BatchItem> items) {
  batch_.n_tokens = static_cast<std::int32_t>(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    batch_.token[i] = items[i].token;
    batch_.pos[i] = static_cast<llama_pos>(items[i].position);
    batch_.n_seq_id[i] = 1;
    batch_.seq_id[i][0] = sequence(items[i].slot);
    batch_.logits[i] = items[i].wants_token ? 1 : 0;
  }
}

Result<void> LlamaDecoder::decode() {
  const std::int32_t code = llama_decode(context_.get(), batch_);
  if (code == 0) return {};
  return fail(ErrorCode::Internal, message("llama.cpp failed on a step of {} tokens (code {}): {}", batch_.n_tokens,
                                           code, log_.take_error()));
}

Result<std::vector<SampledToken>> LlamaDecoder::step(std::span<const BatchItem> items) {
  std::vector<SampledToken> sampled;
  for (const std::vector<BatchItem>& part : decode_parts(items, llama_n_ubatch(context_.get()))) {
    fill(part);
    if (auto decoded = decode(); !decoded) {
      for (const BatchItem& item : items) llama_memory_seq_rm(memory_, sequence(item.slot), -1, -1);
      return std::unexpected(decoded.error());
    }
    sample(part, sampled);
  }
  return sampled;
}

void LlamaDecoder::sample(std::span<const BatchItem> items, std::vector<SampledToken>& sampled) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    std::optional<Token>& last = slots_[items[i].slot].sampled;
    if (!items[i].wants_token || (items[i].is_draft && last != items[i].token)) {
      last.reset();
      continue;
    }
    last = sample(items[i].slot, static_cast<std::int32_t>(i));
    sampled.push_back({items[i].slot, *last, model_.is_end(*last), model_.bytes(*last)});
  }
}

Token LlamaDecoder::sample(std::size_t slot, std::int32_t index) {
  float* logits = llama_get_logits_ith(context_.get(), index);
  if (slots_[slot].suppresses_end)
    for (const Token end : model_.end_tokens()) logits[end] = -std::numeric_limits<float>::infinity();
  return slots_[slot].sampler->sample({logits, model_.vocabulary()}, scratch_);
}

}  // namespace manta::engines::llama
