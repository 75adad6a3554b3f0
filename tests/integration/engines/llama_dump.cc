#include <condition_variable>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <string>

#include "engines/engine.h"

// For greedy_vs_llama_server.py. usage: llama_dump ENGINES_DIR MAX_TOKENS [option=value]... < prompts
// A line is a prompt; generates greedily, one after the other, and prints the text's bytes in hexadecimal, one line
// each.
using namespace manta::engines;

namespace {

class TextSink final : public GenerationSink {
 public:
  void on_text(std::string_view text, std::size_t) override { text_ += text; }
  void on_finish(FinishReason, const Usage&, const manta::Error* error) override {
    const std::lock_guard lock(mutex_);
    if (error) std::fprintf(stderr, "%s\n", error->message.c_str());
    is_over_ = true;
    over_.notify_one();
  }
  std::string wait() {
    std::unique_lock lock(mutex_);
    over_.wait(lock, [this] { return is_over_; });
    return text_;
  }

 private:
  std::mutex mutex_;  // guards is_over_, and text_ once that is set
  std::condition_variable over_;
  bool is_over_ = false;
  std::string text_;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) return 2;
  EngineOptions options;
  for (int i = 3; i < argc; ++i) {
    const std::string option = argv[i];
    options[option.substr(0, option.find('='))] = option.substr(option.find('=') + 1);
  }
  Engine& engine = *manta::value_or_throw(load_engine("llama", argv[1]));
  const auto llm = manta::value_or_throw(engine.make_llm(options));
  for (std::string prompt; std::getline(std::cin, prompt);) {
    const auto sink = std::make_shared<TextSink>();
    manta::value_or_throw(llm->generate(
        {.prompt = prompt, .sampling = {.max_tokens = std::stoi(argv[2]), .temperature = 0, .ignore_eos = true}},
        sink));
    for (const char byte : sink->wait()) std::printf("%02x", static_cast<unsigned char>(byte));
    std::puts("");
  }
  return 0;
} catch (const manta::Exception& e) {
  std::fprintf(stderr, "%s\n", e.what());
  return 1;
}
