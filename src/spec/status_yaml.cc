#include "spec/status_yaml.h"

#include <manta/detail/json.h>

#include "spec/json_to_yaml.h"

namespace manta::spec {

std::string to_status_yaml(const InstanceStatus& status) {
  return json_to_yaml(detail::to_json(status).value_or("{}"));
}

}  // namespace manta::spec
