#include "optional_rerank.h"

#include <filesystem>
#include <utility>

#include <manta/http.h>

namespace stack {

OptionalRerank::OptionalRerank(manta::builtin::RerankOptions options) : model_(options.model) {
  if (std::filesystem::exists(options.model)) rerank_.emplace(std::move(options));
}

manta::builtin::Rerank& OptionalRerank::present() {
  if (!rerank_)
    throw manta::HttpError(
        503, "there is no reranker: model file not found: " + model_ + "; set RERANK_MODEL and deploy again");
  return *rerank_;
}

manta::Task<manta::builtin::Ranking> OptionalRerank::call(manta::builtin::RerankRequest request) {
  auto ranking = present().rerank(std::move(request));
  co_return co_await ranking;
}

manta::Task<std::string> OptionalRerank::model_id() {
  auto id = present().model_id();
  co_return co_await id;
}

manta::Task<void> OptionalRerank::warm_up() {
  if (!rerank_) co_return;
  auto ranking = rerank_->rerank({.query = "warm", .documents = {"up"}});
  co_await ranking;
}

}  // namespace stack
