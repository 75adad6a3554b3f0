#pragma once

#include <llama.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <manta/error.h>

#include "engines/engine.h"
#include "engines/generation/generation.h"
#include "engines/llama/log_capture.h"

namespace manta::engines::llama {

// A GGUF model: weights, vocabulary, chat template. Immutable after loading, so thread-safe.
class Model {
 public:
  struct Options {
    std::string path;  // a .gguf file, or a folder with model.gguf
    bool mmap = true;
    bool progress = false;  // lines on standard error while it loads
  };
  // NotFound for a missing file; InvalidArgument, with llama.cpp's last error line, for one that is no GGUF model.
  static Result<std::unique_ptr<Model>> load(const Options& options, LogCapture& log);

  // With the special tokens that the model wants at the start; special tokens spelled out in the text are recognized.
  // InvalidArgument for text that is not UTF-8.
  Result<std::vector<Token>> tokenize(std::string_view text) const;
  // The prompt of a conversation, by the model's chat template, up to where the assistant speaks. InvalidArgument when
  // the model has none or llama.cpp does not know it.
  Result<std::string> render(const std::vector<ChatMessage>& messages) const;

  std::string bytes(Token token) const;  // nothing for control tokens
  bool is_end(Token token) const { return llama_vocab_is_eog(vocab_, token); }
  const std::vector<Token>& end_tokens() const { return end_tokens_; }
  std::size_t vocabulary() const { return vocabulary_; }
  std::size_t trained_context() const;
  // Computed tokens can be taken back one by one, as wrong drafts must be. Not with a recurrent state, or where
  // attention has a window and the cache drops what has left it.
  bool can_go_back() const;

  llama_model* get() const { return model_.get(); }
  const std::string& path() const { return path_; }

 private:
  struct Free {
    void operator()(llama_model* model) const { llama_model_free(model); }
  };
  Model(std::string path, llama_model* model);

  std::string path_;
  std::unique_ptr<llama_model, Free> model_;
  const llama_vocab* vocab_;
  std::size_t vocabulary_;
  std::vector<Token> end_tokens_;
};

}  // namespace manta::engines::llama
