#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "spec/interpolate.h"

namespace manta::spec {

inline EnvironmentLookup environment(std::map<std::string, std::string> variables = {}) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

}  // namespace manta::spec
