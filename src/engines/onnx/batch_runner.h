#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include <manta/error.h>

#include "engines/engine.h"
#include "engines/onnx/session.h"
#include "engines/onnx/tokenizer.h"
#include "engines/option_reader.h"

namespace manta::engines::onnx {

// A tokenizer and a session: what embedding and reranking share. Thread-safe.
class BatchRunner {
 public:
  struct Options {
    std::string model, tokenizer, output;
    std::size_t max_tokens = 0;  // 0 = what the model's files say
    std::size_t max_batch_tokens = 0;
    SessionOptions session;
  };
  // Declares and reads the options that both parts have.
  static Options read(OptionReader& reader);
  static Result<std::unique_ptr<BatchRunner>> open(Ort::Env& env, const Options& options);

  const Tokenizer& tokenizer() const { return tokenizer_; }
  const Session& session() const { return *session_; }

  // Takes the outputs of one padded batch. rows[i] is the index of the input that is the batch's row i.
  using Take = std::function<Result<void>(std::span<const std::size_t> rows, const Output& output)>;
  // Runs all inputs in padded batches of about equal length, in an order of its own. Stops at the first error.
  Result<void> run(std::span<const Tokens> inputs, const Take& take);

 private:
  BatchRunner(Tokenizer tokenizer, std::unique_ptr<Session> session, std::size_t max_batch_tokens)
      : tokenizer_(std::move(tokenizer)), session_(std::move(session)), max_batch_tokens_(max_batch_tokens) {}

  Tokenizer tokenizer_;
  std::unique_ptr<Session> session_;
  std::size_t max_batch_tokens_;
};

}  // namespace manta::engines::onnx
