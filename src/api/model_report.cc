#include <manta/detail/model_report.h>

#include <utility>

#include "api/replica_scope.h"

namespace manta::detail {

ModelReport::ModelReport() {
  const api::ReplicaScope* replica = api::current_replica();
  if (!replica || !replica->models) return;
  tell_ = [models = replica->models, owner = this](std::vector<std::string> model_ids) {
    models(owner, std::move(model_ids));
  };
}

ModelReport::~ModelReport() { tell({}); }

void ModelReport::tell(std::vector<std::string> model_ids) const {
  if (tell_) tell_(std::move(model_ids));
}

}  // namespace manta::detail
