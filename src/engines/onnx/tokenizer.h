#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <manta/error.h>

#include "engines/engine.h"

struct tokc_tokenizer;

namespace manta::engines::onnx {

// A tokenizer.json of Hugging Face, by the `tokenizers` crate. Thread-safe; works on the calling thread.
class Tokenizer {
 public:
  // `max_tokens` limits each row, special tokens included. InvalidArgument names a file that is not a tokenizer.
  static Result<Tokenizer> load(const std::string& path, std::size_t max_tokens);

  // InvalidArgument for text that is not UTF-8; `detail` is its place ("$[3]").
  Result<std::vector<Tokens>> encode(std::span<const std::string_view> texts) const;
  // Pairs (first[i], second[i]); of a pair that is too long, the longer text is cut first.
  Result<std::vector<Tokens>> encode(std::span<const std::string_view> first,
                                     std::span<const std::string_view> second) const;

  std::size_t max_tokens() const { return max_tokens_; }
  std::int64_t pad_id() const { return pad_id_; }

 private:
  struct Free {
    void operator()(tokc_tokenizer* tokenizer) const;
  };
  Tokenizer(tokc_tokenizer* tokenizer, std::size_t max_tokens);

  std::unique_ptr<tokc_tokenizer, Free> tokenizer_;
  std::size_t max_tokens_;
  std::int64_t pad_id_ = 0;
};

}  // namespace manta::engines::onnx
