#pragma once

#include <memory>
#include <utility>
#include <vector>

#include <manta/compute.h>
#include <manta/error.h>
#include <manta/task.h>

// What embedding and reranking have in common: inputs are counted in tokens before they are batched by them.
namespace manta::builtin {

// One input of a model with its size, as the batcher counts it.
template <class Input>
struct Counted {
  Input input;
  std::size_t tokens = 0;
};

// Fails with the request's own fault (invalid UTF-8).
template <class Model, class Input>
Result<std::vector<Counted<Input>>> count_now(std::shared_ptr<Model> model, std::vector<Input> inputs) {
  const auto counts = model->count_tokens(inputs);
  if (!counts) return std::unexpected(counts.error());
  std::vector<Counted<Input>> counted;
  counted.reserve(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) counted.push_back({std::move(inputs[i]), (*counts)[i]});
  return counted;
}

// Much text (`bytes`) is counted on a compute thread: the strand must not wait for it.
template <class Model, class Input>
Task<Result<std::vector<Counted<Input>>>> count(std::shared_ptr<Model> model, std::vector<Input> inputs,
                                                std::size_t bytes) {
  constexpr std::size_t kCountedOnStrand = 16 * 1024;  // about a millisecond
  if (bytes <= kCountedOnStrand) co_return count_now(std::move(model), std::move(inputs));
  auto counting = compute(count_now<Model, Input>, std::move(model), std::move(inputs));
  co_return co_await counting;
}

template <class Input>
std::vector<Input> inputs_of(std::vector<Counted<Input>>& counted) {
  std::vector<Input> inputs;
  inputs.reserve(counted.size());
  for (Counted<Input>& one : counted) inputs.push_back(std::move(one.input));
  return inputs;
}

}  // namespace manta::builtin
