#pragma once

#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "spec/parse_config.h"
#include "unit/spec/environment.h"

namespace manta::spec {

inline std::string indented(const std::string& text, const std::string& by) {
  std::istringstream lines(text);
  std::string out;
  for (std::string line; std::getline(lines, line);) out += by + line + "\n";
  return out;
}

inline InstanceConfig parsed(const std::string& yaml, std::map<std::string, std::string> variables = {},
                             std::vector<std::string>* warnings = nullptr) {
  auto config = parse_config(yaml, "app.yaml", environment(std::move(variables)), warnings);
  EXPECT_TRUE(config) << config.error().message;
  return config.value_or(InstanceConfig{});
}

inline std::string error_of(const std::string& yaml, std::map<std::string, std::string> variables = {}) {
  const auto config = parse_config(yaml, "app.yaml", environment(std::move(variables)));
  return config ? "" : config.error().message;
}

// One application with these lines added at its indentation.
inline std::string application(const std::string& lines) {
  return "applications:\n- import_path: builtin:embed\n" + indented(lines, "  ");
}

inline std::string deployment(const std::string& lines) {
  return application("deployments:\n- name: D\n" + indented(lines, "  "));
}

}  // namespace manta::spec
