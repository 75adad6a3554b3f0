#include "builtin/llm_counters.h"

namespace manta::builtin {
namespace {

using Load = engines::LlmEngine::Load;

struct LlmFigure {
  const char* name;
  const char* help;
  std::uint64_t Load::* figure;
};

constexpr LlmFigure kLlmFigures[] = {
    {"vllm:prompt_tokens_total", "Prompt tokens that were computed.", &Load::prompt_tokens},
    {"vllm:generation_tokens_total", "Tokens generated.", &Load::generated_tokens},
    {"vllm:prefix_cache_queries_total", "Prompt tokens looked for in the prefix cache.", &Load::queried_tokens},
    {"vllm:prefix_cache_hits_total", "Prompt tokens taken from the prefix cache.", &Load::cached_tokens},
    {"vllm:spec_decode_num_drafts_total", "Drafts that were checked.", &Load::drafts},
    {"vllm:spec_decode_num_draft_tokens_total", "Tokens of drafts that were checked.", &Load::drafted_tokens},
    {"vllm:spec_decode_num_accepted_tokens_total", "Tokens of drafts that were right.", &Load::accepted_tokens},
};

}  // namespace

LlmCounters::LlmCounters(const std::string& model_name) {
  for (const LlmFigure& one : kLlmFigures)
    counters_.push_back({detail::ReplicaCounter(one.name, one.help, {{"model_name", model_name}}), one.figure});
}

void LlmCounters::update(const Load& now) {
  for (const Counter& counter : counters_)
    counter.metric.add(static_cast<double>(now.*counter.figure - last_.*counter.figure));
  last_ = now;
}

}  // namespace manta::builtin
