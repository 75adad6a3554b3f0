#include "spec/serve_config_v2.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include <manta/detail/json.h>

namespace manta::spec {
namespace {

struct Resource {
  std::optional<Json> serveConfigV2;
  Json spec;
};
BOOST_DESCRIBE_STRUCT(Resource, (), (serveConfigV2, spec))

struct Embedded {
  std::string text;
  std::string path;
};

std::optional<Embedded> find_embedded(const std::string& json) {
  const auto resource = detail::from_json<Resource>(json, UnknownKeys::Ignore);
  if (!resource) return std::nullopt;
  std::optional<Json> inner = resource->serveConfigV2;
  std::string path = "$.serveConfigV2";
  if (!inner) {
    const auto spec = detail::from_json<Resource>(resource->spec.text, UnknownKeys::Ignore);
    if (!spec || !spec->serveConfigV2) return std::nullopt;
    inner = spec->serveConfigV2;
    path = "$.spec.serveConfigV2";
  }
  auto text = detail::from_json<std::string>(inner->text);
  if (!text) return std::nullopt;
  return Embedded{*std::move(text), std::move(path)};
}

// Where the content of a block scalar ("key: |") begins: the line after the key, indented as its first line with text.
Place content_of(std::string_view file, Place scalar) {
  std::size_t start = 0;
  for (int line = 1; line <= scalar.line; ++line) {
    const std::size_t end = file.find('\n', start);
    if (end == std::string_view::npos) return scalar;
    start = end + 1;
  }
  const std::size_t text = file.find_first_not_of(" \n", start);
  if (text == std::string_view::npos) return scalar;
  const std::size_t line_start = file.rfind('\n', text) + 1;
  return {scalar.line + 1, static_cast<int>(text - line_start) + 1};
}

}  // namespace

YamlDocument read_serve_yaml(std::string_view text, const EnvironmentLookup& lookup, std::vector<Finding>& findings) {
  if (text.find("serveConfigV2") != std::string_view::npos) {
    std::vector<Finding> ignored;
    const YamlDocument outer = read_yaml(text, nullptr, ignored);
    if (const auto embedded = ignored.empty() ? find_embedded(outer.json) : std::nullopt)
      return read_yaml(embedded->text, lookup, findings, {}, content_of(text, outer.place_of(embedded->path)));
  }
  return read_yaml(text, lookup, findings);
}

}  // namespace manta::spec
