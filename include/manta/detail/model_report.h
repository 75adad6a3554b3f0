#pragma once

#include <functional>
#include <string>
#include <vector>

namespace manta::detail {

// Tells the replica in whose code it is made which models one Multiplexed has loaded; callers hear of it. Outside a
// replica it tells nobody. Lives no longer than the deployment's object.
class ModelReport {
 public:
  ModelReport();
  ~ModelReport();
  ModelReport(const ModelReport&) = delete;
  ModelReport& operator=(const ModelReport&) = delete;
  void tell(std::vector<std::string> model_ids) const;  // any thread

 private:
  std::function<void(std::vector<std::string>)> tell_;
};

}  // namespace manta::detail
