#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace manta::detail {

// A counter among the metrics of the replica in whose code it is made, with the labels application, deployment and
// replica. Made outside a replica it counts for nobody. Any thread; lives no longer than the deployment's object.
class ReplicaCounter {
 public:
  ReplicaCounter(std::string_view name, std::string_view help, std::map<std::string, std::string> labels);
  void add(double by) const {
    if (add_) add_(by);
  }

 private:
  std::function<void(double)> add_;
};

}  // namespace manta::detail
