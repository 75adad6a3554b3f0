#include <llama.h>

#include <array>
#include <cstdlib>
#include <string>

#include "engines/counting_sink.h"
#include "engines/engine.h"
#include "engines/measure.h"

// CPU per generated token at 1, 4 and 8 streams, one pinned thread: a bare libllama loop against the llama engine, in
// interleaved pairs. Prompts are computed each time by both; no prefix reuse. usage: generation_bench [rounds] [tokens]
// [model]
using namespace manta;
using namespace manta::engines;

namespace {

constexpr std::array kQuestions = {
    "Explain what a contract is.", "Write a short story about a fox.", "What is gravity?",
    "List reasons to learn C++.",  "Describe the city of Paris.",      "How does a bicycle work?",
    "What is machine learning?",   "Tell me about the ocean."};
constexpr int kContext = 512, kBatch = 512;

std::string prompt_of(std::size_t stream) {
  return std::string("<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n") +
         kQuestions[stream] + "<|im_end|>\n<|im_start|>assistant\n";
}

// The loop one would write by hand around llama.h: all streams start together, one token each per step.
class BareLoop {
 public:
  BareLoop(llama_model* model, int streams) : vocab_(llama_model_get_vocab(model)), streams_(streams) {
    llama_context_params params = llama_context_default_params();
    params.n_ctx = static_cast<std::uint32_t>(kContext * streams);
    params.n_batch = params.n_ubatch = kBatch;
    params.n_seq_max = static_cast<std::uint32_t>(streams);
    params.n_threads = params.n_threads_batch = 1;
    params.kv_unified = false;
    params.no_perf = true;
    context_ = llama_init_from_model(model, params);
    batch_ = llama_batch_init(kBatch, 0, 1);
    sampler_ = llama_sampler_init_greedy();
  }
  ~BareLoop() {
    llama_sampler_free(sampler_);
    llama_batch_free(batch_);
    llama_free(context_);
  }
  BareLoop(const BareLoop&) = delete;
  BareLoop& operator=(const BareLoop&) = delete;

  void run(int tokens) {
    llama_memory_clear(llama_get_memory(context_), false);
    std::vector<llama_pos> positions(static_cast<std::size_t>(streams_));
    std::vector<std::int32_t> outputs(static_cast<std::size_t>(streams_));
    add_prompts(positions, outputs);
    for (int token = 0; token < tokens; ++token) {
      if (llama_decode(context_, batch_) != 0) std::abort();
      batch_.n_tokens = 0;
      for (std::size_t stream = 0; stream < positions.size(); ++stream) {
        const llama_token next = llama_sampler_sample(sampler_, context_, outputs[stream]);
        char piece[64];
        llama_token_to_piece(vocab_, next, piece, sizeof piece, 0, false);
        outputs[stream] = add(next, positions[stream]++, stream, true);
      }
    }
  }

 private:
  void add_prompts(std::vector<llama_pos>& positions, std::vector<std::int32_t>& outputs) {
    batch_.n_tokens = 0;
    for (std::size_t stream = 0; stream < positions.size(); ++stream) {
      const std::string prompt = prompt_of(stream);
      std::vector<llama_token> ids(prompt.size() + 8);
      const auto count = llama_tokenize(vocab_, prompt.data(), static_cast<std::int32_t>(prompt.size()), ids.data(),
                                        static_cast<std::int32_t>(ids.size()), true, true);
      for (std::int32_t i = 0; i < count; ++i)
        outputs[stream] = add(ids[static_cast<std::size_t>(i)], positions[stream]++, stream, i + 1 == count);
    }
  }

  std::int32_t add(llama_token token, llama_pos position, std::size_t stream, bool logits) {
    const std::int32_t index = batch_.n_tokens++;
    batch_.token[index] = token;
    batch_.pos[index] = position;
    batch_.n_seq_id[index] = 1;
    batch_.seq_id[index][0] = static_cast<llama_seq_id>(stream);
    batch_.logits[index] = logits;
    return index;
  }

  const llama_vocab* vocab_;
  int streams_;
  llama_context* context_;
  llama_batch batch_;
  llama_sampler* sampler_;
};

void run_engine(LlmEngine& engine, int streams, int tokens) {
  std::vector<std::shared_ptr<CountingSink>> sinks;
  for (int stream = 0; stream < streams; ++stream) {
    sinks.push_back(std::make_shared<CountingSink>());
    value_or_throw(engine.generate({.prompt = prompt_of(static_cast<std::size_t>(stream)),
                                    .sampling = {.max_tokens = tokens, .temperature = 0, .ignore_eos = true}},
                                   sinks.back()));
  }
  for (const auto& sink : sinks)
    if (sink->wait() != static_cast<std::size_t>(tokens)) std::abort();
}

template <class Run>
double cpu_ms_per_token(int count, Run run) {
  const double start = bench::cpu_seconds();
  run();
  return 1e3 * (bench::cpu_seconds() - start) / count;
}

void compare(llama_model* model, const std::string& path, int streams, int rounds, int tokens) {
  BareLoop bare(model, streams);
  const EngineOptions options = {{"model", path},
                                 {"slots", std::to_string(streams)},
                                 {"context", std::to_string(kContext)},
                                 {"batch", std::to_string(kBatch)},
                                 {"prefix_cache", "false"}};
  const auto engine = value_or_throw(value_or_throw(load_engine("llama", MANTA_ENGINES))->make_llm(options));
  std::vector<double> bare_ms, our_ms;
  for (int round = -1; round < rounds; ++round) {  // the first warms up
    const double b = cpu_ms_per_token(streams * tokens, [&] { bare.run(tokens); });
    const double o = cpu_ms_per_token(streams * tokens, [&] { run_engine(*engine, streams, tokens); });
    if (round < 0) continue;
    bare_ms.push_back(b);
    our_ms.push_back(o);
  }
  bench::print_pairs((std::to_string(streams) + " streams").c_str(), "ms CPU per token", bare_ms, our_ms);
}

}  // namespace

int main(int argc, char** argv) try {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 9, tokens = argc > 2 ? std::atoi(argv[2]) : 48;
  const std::string path = argc > 3 ? argv[3] : MANTA_MODELS "/smollm2-135m/model.gguf";
  bench::pin_to_core(1);
  value_or_throw(load_engine("llama", MANTA_ENGINES));  // takes over llama.cpp's log
  llama_model* model = llama_model_load_from_file(path.c_str(), llama_model_default_params());
  if (!model) return 1;
  for (const int streams : {1, 4, 8}) compare(model, path, streams, rounds, tokens);
  llama_model_free(model);
  return 0;
} catch (const manta::Exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
