#pragma once

#include <optional>
#include <string>

#include <manta/builtin/rerank.h>

namespace stack {

// A reranker that may be left out: without its model file the deployment starts all the same, and each request is
// answered with 503 and the reason.
class OptionalRerank {
 public:
  explicit OptionalRerank(manta::builtin::RerankOptions options);

  manta::Task<manta::builtin::Ranking> call(manta::builtin::RerankRequest request);
  manta::Task<std::string> model_id();
  manta::Task<void> warm_up();
  std::string model_version() const { return rerank_ ? rerank_->model_version() : std::string("absent"); }

  using methods = manta::Methods<manta::idempotent<&OptionalRerank::call>, manta::idempotent<&OptionalRerank::model_id>,
                                 manta::idempotent<&OptionalRerank::warm_up>>;

 private:
  manta::builtin::Rerank& present();

  std::string model_;
  std::optional<manta::builtin::Rerank> rerank_;
};

}  // namespace stack
