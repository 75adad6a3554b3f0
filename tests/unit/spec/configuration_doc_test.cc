#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include <manta/config.h>
#include <manta/detail/json.h>

#include "spec/instance_config.h"
#include "spec/parse_config.h"
#include "unit/spec/environment.h"

namespace manta::spec {
namespace {

std::string document() {
  std::ifstream file(MANTA_SOURCE_DIR "/docs/reference/configuration.md");
  return {std::istreambuf_iterator<char>(file), {}};
}

// Default of a member as a table cell shows it, "" for what a cell describes in words.
std::string cell(const std::string& json) {
  if (json.starts_with('[') || json.starts_with('{') || json == "null" || json == "\"\"") return "";
  if (json.starts_with('"')) return json.substr(1, json.size() - 2);
  return json.ends_with(".0") ? json.substr(0, json.size() - 2) : json;
}

template <class T>
void expect_documented(const std::string& text, const T& defaults) {
  const auto check = [&]<class D>(D) {
    const std::size_t row = text.find("\n| `" + std::string(D::name) + "` |");
    const bool in_words = text.find("the field `" + std::string(D::name) + "`") != std::string::npos;
    ASSERT_TRUE(row != std::string::npos || in_words) << D::name << " does not stand in configuration.md";
    const std::string initial = cell(detail::to_json(defaults.*D::pointer).value());
    if (row == std::string::npos || initial.empty()) return;
    const std::string line = text.substr(row + 1, text.find('\n', row + 1) - row - 1);
    EXPECT_NE(line.find("| `" + initial + "` |"), std::string::npos) << line << "\nshould show the default " << initial;
  };
  [&]<template <class...> class List, class... D>(List<D...>) { (check(D()), ...); }(detail::Members<T>());
}

std::string section(const std::string& heading) {
  const std::string text = document();
  const std::size_t begin = text.find("\n## " + heading + "\n");
  EXPECT_NE(begin, std::string::npos) << heading;
  return text.substr(begin, text.find("\n## ", begin + 1) - begin);
}

TEST(ConfigurationDocTest, EveryKeyStandsThereWithItsDefault) {
  expect_documented(section("Top level"), InstanceConfig{});
  expect_documented(section("`http_options`"), HttpOptions{});
  expect_documented(section("`applications[]`"), ApplicationConfig{});
  expect_documented(section("`applications[].deployments[]`"), DeploymentConfig{});
  expect_documented(section("`applications[].deployments[]`"), Resources{});
}

TEST(ConfigurationDocTest, ItsExampleLoads) {
  const std::string text = document();
  const std::size_t begin = text.find("```yaml\n") + 8;
  const auto config = parse_config(text.substr(begin, text.find("```", begin) - begin), "app.yaml", environment());
  EXPECT_TRUE(config) << config.error().message;
}

}  // namespace
}  // namespace manta::spec
