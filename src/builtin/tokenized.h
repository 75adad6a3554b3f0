#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <manta/batch.h>
#include <manta/compute.h>
#include <manta/error.h>
#include <manta/task.h>

#include "engines/engine.h"

// What embedding and reranking have in common: inputs are made tokens once, before they are batched by their number.
namespace manta::builtin {

template <class Model, class Input>
Result<std::vector<engines::Tokens>> tokenize_now(std::shared_ptr<Model> model, std::vector<Input> inputs) {
  return model->tokenize(inputs);
}

// Fails with the request's own fault (invalid UTF-8). Much text (`bytes`) is read on a compute thread: the strand must
// not wait for it.
template <class Model, class Input>
Task<Result<std::vector<engines::Tokens>>> tokenized(std::shared_ptr<Model> model, std::vector<Input> inputs,
                                                     std::size_t bytes) {
  constexpr std::size_t kReadOnStrand = 16 * 1024;  // about a millisecond
  if (bytes <= kReadOnStrand) co_return tokenize_now(std::move(model), std::move(inputs));
  auto reading = compute(tokenize_now<Model, Input>, std::move(model), std::move(inputs));
  co_return co_await reading;
}

// Batches of them: at most `max_batch_tokens` together, and a lone request does not pay batch_wait_timeout_s for
// company.
template <class Options>
BatchLimits limits_by_tokens(const Options& options) {
  return {.max_batch_size = static_cast<std::size_t>(options.max_batch_size),
          .batch_wait_timeout_s = options.batch_wait_timeout_s,
          .max_cost = static_cast<double>(options.max_batch_tokens),
          .wait = BatchWait::Adaptive};
}

inline double number_of_tokens(const engines::Tokens& item) { return static_cast<double>(item.size()); }

}  // namespace manta::builtin
