#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <manta/config.h>
#include <manta/detail/caller.h>
#include <manta/detail/method_table.h>

namespace manta::detail {

struct Node;

// Gives a deployment's constructor its handles.
class HandleSource {
 public:
  virtual ~HandleSource() = default;
  virtual std::shared_ptr<Caller> caller(const Node& child) = 0;
};

// One deployment of a bind graph. Immutable and shared by everything it was bound to; children exist before their
// parent, so there are no cycles.
struct Node {
  std::string name;  // before suffixes that make it unique
  DeploymentConfig config;
  std::shared_ptr<const ClassTable> table;
  std::vector<std::shared_ptr<const Node>> children;  // in the order of the arguments
  std::string arguments;                              // encoded, children by position: for the fingerprint
  std::function<std::shared_ptr<void>(HandleSource&)> construct;
};

}  // namespace manta::detail
