#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "engines/counting_sink.h"
#include "engines/engine.h"
#include "engines/measure.h"

// What the llama engine saves by reusing text and state: CPU per generated token with a feature and without, one pinned
// thread, interleaved pairs, and the steps that both took. usage: reuse_bench [rounds]
using namespace manta;
using namespace manta::engines;

namespace {

constexpr std::size_t kStreams = 4;

constexpr const char* kPassage =
    "The lease of the warehouse in Rotterdam ends on 30 June 2027. The tenant may extend it twice, each time by two "
    "years, by a letter that reaches the landlord six months before the end. The rent rises with the consumer price "
    "index, but by no more than four percent a year. Repairs of the roof, the walls and the heating are the "
    "landlord's; all others are the tenant's. A sublease needs the landlord's consent in writing.";

std::string chat(const std::string& user) {
  return "<|im_start|>user\n" + user + "<|im_end|>\n<|im_start|>assistant\n";
}

struct Case {
  const char* what;
  const char* option;
  const char* off;
  const char* on;
  std::vector<std::string> prompts;  // submitted together
  int tokens;
  bool reuses_prefix;
};

std::vector<Case> cases() {
  const std::string passage = kPassage;
  const std::string quote = chat(passage + "\n\nRepeat the text above word by word.");
  const std::string story = chat("Write a long story about a fox and a lighthouse.");
  std::vector<std::string> questions;
  for (const char* question :
       {"When does the lease end?", "Who repairs the roof?", "How does the rent rise?", "May the tenant sublet?"})
    questions.push_back(chat(passage + "\n\n" + question));
  return {{"quotation", "draft_tokens", "0", "15", {quote}, 96, false},
          {"nothing to quote", "draft_tokens", "0", "15", {story}, 96, false},
          {"4 quotations", "draft_tokens", "0", "15", {quote, quote, quote, quote}, 96, false},
          {"4 questions, one passage", "prefix_cache", "false", "true", questions, 16, true}};
}

double cpu_ms_per_token(LlmEngine& engine, const Case& c) {
  const double start = bench::cpu_seconds();
  std::vector<std::shared_ptr<CountingSink>> sinks;
  for (const std::string& prompt : c.prompts) {
    sinks.push_back(std::make_shared<CountingSink>());
    value_or_throw(engine.generate(
        {.prompt = prompt, .sampling = {.max_tokens = c.tokens, .temperature = 0, .ignore_eos = true}}, sinks.back()));
  }
  std::size_t tokens = 0;
  for (const auto& sink : sinks) tokens += sink->wait();
  return 1e3 * (bench::cpu_seconds() - start) / static_cast<double>(tokens);
}

std::unique_ptr<LlmEngine> engine_with(const Case& c, const char* value) {
  EngineOptions options = {{"model", MANTA_MODELS "/smollm2-135m"},
                           {"slots", std::to_string(kStreams)},
                           {"context", "512"},
                           {"prefix_cache", "false"},
                           {"draft_tokens", "0"}};
  options[c.option] = value;
  return value_or_throw(value_or_throw(load_engine("llama", MANTA_ENGINES))->make_llm(options));
}

// The prompts that warm up a prefix cache share nothing with those that are measured.
void forget_prefixes(LlmEngine& engine, int round) {
  Case other{.prompts = {}, .tokens = 1};
  for (std::size_t i = 0; i < kStreams; ++i)
    other.prompts.push_back(std::to_string(round) + " and " + std::to_string(i) + " are numbers");
  cpu_ms_per_token(engine, other);
}

void print_counts(const char* name, const LlmEngine::Load& before, const LlmEngine::Load& after) {
  const auto steps = static_cast<double>(after.steps - before.steps);
  std::printf("    %-4s %.2f generated tokens a step, %llu prompt tokens, %llu cached, %llu drafted, %llu accepted\n",
              name, static_cast<double>(after.generated_tokens - before.generated_tokens) / steps,
              static_cast<unsigned long long>(after.prompt_tokens - before.prompt_tokens),
              static_cast<unsigned long long>(after.cached_tokens - before.cached_tokens),
              static_cast<unsigned long long>(after.drafted_tokens - before.drafted_tokens),
              static_cast<unsigned long long>(after.accepted_tokens - before.accepted_tokens));
}

void compare(const Case& c, int rounds) {
  const auto off = engine_with(c, c.off), on = engine_with(c, c.on);
  std::vector<double> off_ms, on_ms;
  for (int round = -1; round < rounds; ++round) {  // the first warms up
    if (c.reuses_prefix) {
      forget_prefixes(*off, round);
      forget_prefixes(*on, round);
    }
    const LlmEngine::Load off_before = off->load(), on_before = on->load();
    const double a = cpu_ms_per_token(*off, c), b = cpu_ms_per_token(*on, c);
    if (round < 0) continue;
    off_ms.push_back(a);
    on_ms.push_back(b);
    if (round > 0) continue;
    std::printf("%s, %s %s against %s\n", c.what, c.option, c.on, c.off);
    print_counts("off", off_before, off->load());
    print_counts("on", on_before, on->load());
  }
  bench::print_pairs("    off against on", "ms CPU per token", off_ms, on_ms);
}

}  // namespace

int main(int argc, char** argv) try {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 5;
  bench::pin_to_core(1);
  for (const Case& c : cases()) compare(c, rounds);
  return 0;
} catch (const manta::Exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
