#include <onnxruntime_cxx_api.h>
#include <tokenizers_c.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "engines/engine.h"
#include "engines/measure.h"

// CPU per embedding, one text per call, one thread: a bare ONNX Runtime loop against the onnx engine, in interleaved
// pairs. usage: embed_bench [rounds] | embed_bench loop TEXTS SECONDS (bare loop only, TEXTS in a batch) | embed_bench
// knee | embed_bench option=value... (engine only: wall and CPU per text in batches of 32)
using namespace manta;
using namespace manta::engines;

namespace {

const std::string kModel = MANTA_MODELS "/minilm-l6";
const std::string kText = "How do I terminate a commercial lease early without paying a penalty fee?";
constexpr int kTextsPerRound = 200;

// What one would write by hand: tokenize, run, mean, normalize.
class BareLoop {
 public:
  BareLoop() : env_(ORT_LOGGING_LEVEL_FATAL, "bare"), session_(env_, (kModel + "/model.onnx").c_str(), options()) {
    char* error = nullptr;
    tokenizer_ = tokc_load((kModel + "/tokenizer.json").c_str(), &error);
    if (!tokenizer_) std::abort();
  }
  ~BareLoop() { tokc_free(tokenizer_); }
  BareLoop(const BareLoop&) = delete;
  BareLoop& operator=(const BareLoop&) = delete;

  // All texts are the same one: the rows have equal lengths.
  std::vector<std::vector<float>> embed(const std::string& text, std::size_t texts) {
    const std::vector<tokc_text> views(texts, {text.data(), text.size()});
    char* error = nullptr;
    tokc_encoding* e = tokc_encode(tokenizer_, views.data(), nullptr, texts,
                                   {.max_length = 256, .add_special_tokens = 1, .pad = 1}, &error);
    const auto memory = Ort::MemoryInfo::CreateCpu(OrtArenaAllocator, OrtMemTypeDefault);
    const std::size_t tokens = e->lengths[0];
    const std::int64_t shape[2] = {static_cast<std::int64_t>(texts), static_cast<std::int64_t>(tokens)};
    const auto tensor = [&](std::int64_t* data) {
      return Ort::Value::CreateTensor<std::int64_t>(memory, data, texts * tokens, shape, 2);
    };
    const Ort::Value inputs[] = {tensor(e->ids), tensor(e->mask), tensor(e->type_ids)};
    const char* names[] = {"input_ids", "attention_mask", "token_type_ids"};
    const char* output = "last_hidden_state";
    const auto result = session_.Run(Ort::RunOptions{nullptr}, names, inputs, 3, &output, 1);
    std::vector<std::vector<float>> pooled;
    for (std::size_t row = 0; row < texts; ++row)
      pooled.push_back(mean(result[0].GetTensorData<float>() + row * tokens * 384, tokens));
    tokc_encoding_free(e);
    return pooled;
  }

 private:
  static Ort::SessionOptions options() {
    Ort::SessionOptions options;
    options.SetIntraOpNumThreads(1);
    options.SetGraphOptimizationLevel(ORT_ENABLE_ALL);
    return options;
  }
  static std::vector<float> mean(const float* hidden, std::size_t tokens) {
    std::vector<float> sum(384);
    for (std::size_t token = 0; token < tokens; ++token)
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += hidden[token * sum.size() + i];
    float squares = 0;
    for (const float value : sum) squares += value * value;
    for (float& value : sum) value /= std::sqrt(squares);
    return sum;
  }

  Ort::Env env_;
  Ort::Session session_;
  tokc_tokenizer* tokenizer_;
};

std::unique_ptr<EmbeddingEngine> engine(EngineOptions options) {
  options.insert({"model", kModel});
  return value_or_throw(value_or_throw(load_engine("onnx", MANTA_ENGINES))->make_embedding(options));
}

template <class Embed>
double cpu_ms_per_text(int texts, Embed embed) {
  const double start = bench::cpu_seconds();
  for (int i = 0; i < texts; ++i) embed();
  return 1e3 * (bench::cpu_seconds() - start) / texts;
}

void compare(int rounds) {
  bench::pin_to_core(1);
  BareLoop bare;
  const auto ours = engine({});
  std::vector<double> bare_ms, our_ms;
  for (int round = -1; round < rounds; ++round) {  // the first warms up
    const double b = cpu_ms_per_text(kTextsPerRound, [&] { bare.embed(kText, 1); });
    const double o = cpu_ms_per_text(kTextsPerRound, [&] { value_or_throw(ours->embed_texts(std::span(&kText, 1))); });
    if (round < 0) continue;
    bare_ms.push_back(b);
    our_ms.push_back(o);
  }
  bench::print_pairs("embed, 1 text a call", "ms CPU", bare_ms, our_ms);
}

// The limit that a server of this model is held against. Not pinned, as the server is not.
void loop(std::size_t texts, double seconds) {
  BareLoop bare;
  for (int i = 0; i < 3; ++i) bare.embed(kText, texts);
  using Clock = std::chrono::steady_clock;
  const auto begun = Clock::now();
  const double cpu = bench::cpu_seconds();
  std::chrono::duration<double> took{};
  std::size_t done = 0;
  for (; took.count() < seconds; took = Clock::now() - begun) {
    bare.embed(kText, texts);
    done += texts;
  }
  std::printf("texts=%zu seconds=%.4f cpu_s=%.4f\n", done, took.count(), bench::cpu_seconds() - cpu);
}

// CPU microseconds per token against the padded size of one run, to choose max_batch_tokens and the cost of a run.
void knee() {
  bench::pin_to_core(1);
  const auto ours = engine({{"max_batch_tokens", "1000000"}});
  std::printf("%8s", "tokens");
  for (int rows = 1; rows <= 128; rows *= 2) std::printf(" %8d", rows);
  std::puts(" rows (us CPU per token)");
  for (const int words : {6, 14, 30, 62, 126, 254}) {
    std::string text;
    for (int i = 0; i < words; ++i) text += "word ";
    std::printf("%8d", words + 2);
    for (int rows = 1; rows <= 128; rows *= 2) {
      const std::vector<std::string> texts(static_cast<std::size_t>(rows), text);
      const int repeats = std::max(3, 4096 / (rows * words));
      const double ms = cpu_ms_per_text(repeats, [&] { value_or_throw(ours->embed_texts(texts)); });
      std::printf(" %8.1f", 1e3 * ms / (rows * (words + 2)));
      std::fflush(stdout);
    }
    std::puts("");
  }
}

void with_options(int argc, char** argv) {
  EngineOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    options[option.substr(0, option.find('='))] = option.substr(option.find('=') + 1);
  }
  const auto ours = engine(options);
  const std::vector<std::string> texts(32, kText);
  std::vector<double> wall_ms, cpu_ms;
  for (int i = 0; i < 40; ++i) {
    timespec begin{}, end{};
    clock_gettime(CLOCK_MONOTONIC, &begin);
    const double cpu = cpu_ms_per_text(1, [&] { value_or_throw(ours->embed_texts(texts)); });
    clock_gettime(CLOCK_MONOTONIC, &end);
    wall_ms.push_back(1e3 * static_cast<double>(end.tv_sec - begin.tv_sec) +
                      1e-6 * static_cast<double>(end.tv_nsec - begin.tv_nsec));
    cpu_ms.push_back(cpu);
  }
  const auto wall = bench::spread(wall_ms), cpu = bench::spread(cpu_ms);
  std::printf("32 texts: wall %.1f ms (%.1f - %.1f), CPU %.1f ms (%.1f - %.1f)\n", wall.median, wall.least, wall.most,
              cpu.median, cpu.least, cpu.most);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc > 1 && std::strcmp(argv[1], "knee") == 0)
    knee();
  else if (argc > 3 && std::strcmp(argv[1], "loop") == 0)
    loop(std::strtoul(argv[2], nullptr, 10), std::atof(argv[3]));
  else if (argc > 1 && std::strchr(argv[1], '='))
    with_options(argc, argv);
  else
    compare(argc > 1 ? std::atoi(argv[1]) : 9);
  return 0;
} catch (const manta::Exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
