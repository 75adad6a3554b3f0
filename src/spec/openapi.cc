#include "spec/openapi.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <manta/detail/json.h>

namespace manta::spec {
namespace {

struct Text {
  std::string type = "string";
};
BOOST_DESCRIBE_STRUCT(Text, (), (type))

struct Parameter {
  std::string name;
  std::string in = "path";
  bool required = true;
  Text schema;
};
BOOST_DESCRIBE_STRUCT(Parameter, (), (name, in, required, schema))

struct Media {
  Json schema{"{}"};
};
BOOST_DESCRIBE_STRUCT(Media, (), (schema))

struct Body {
  static constexpr bool kOmitsNull = true;
  std::optional<std::string> description;
  std::map<std::string, Media> content;
};
BOOST_DESCRIBE_STRUCT(Body, (), (description, content))

struct Operation {
  static constexpr bool kOmitsNull = true;
  std::string operationId;
  std::optional<std::vector<Parameter>> parameters;
  std::optional<Body> requestBody;
  std::map<std::string, Body> responses;
};
BOOST_DESCRIBE_STRUCT(Operation, (), (operationId, parameters, requestBody, responses))

using Paths = std::map<std::string, std::map<std::string, Operation>>;

struct Info {
  std::string title;
  std::string version = "1";
};
BOOST_DESCRIBE_STRUCT(Info, (), (title, version))

struct Document {
  std::string openapi = "3.1.0";
  Info info;
  Paths paths;
};
BOOST_DESCRIBE_STRUCT(Document, (), (openapi, info, paths))

constexpr const char* kErrorSchema =
    R"({"type":"object","properties":{"error":{"type":"object","properties":{)"
    R"("type":{"type":"string"},"message":{"type":"string"},"detail":{"type":"string"},"request_id":{"type":"string"},)"
    R"("retry_after_s":{"type":"number"},"maybe_executed":{"type":"boolean"}}}}})";

Body answers(const MethodSpec& method) {
  Body body{.description = "The answer.", .content = {}};
  const Media media{Json{*method.response_schema}};
  if (method.streams)
    body.content = {{"text/event-stream", media}, {"application/jsonl", media}};
  else if (method.raw_http)
    body.content = {{"*/*", Media{}}};
  else
    body.content = {{"application/json", media}};
  return body;
}

Operation operation(const MethodSpec& method, bool takes_body) {
  Operation operation{.operationId = method.name, .parameters = {}, .requestBody = {}, .responses = {}};
  if (takes_body && !method.raw_http)
    operation.requestBody =
        Body{.description = {}, .content = {{"application/json", Media{Json{*method.request_schema}}}}};
  operation.responses = {
      {"200", answers(method)},
      {"default", {.description = "An error.", .content = {{"application/json", Media{Json{kErrorSchema}}}}}}};
  return operation;
}

// "/v1/*" is written "/v1/{path}"; every {name} becomes a parameter.
std::string templated(std::string path, std::vector<Parameter>& parameters) {
  if (path.ends_with("/*")) path.replace(path.size() - 1, 1, "{path}");
  for (std::size_t open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1)) {
    const std::size_t close = path.find('}', open);
    if (close == std::string::npos) break;
    parameters.push_back({.name = path.substr(open + 1, close - open - 1), .schema = {}});
  }
  return path;
}

std::string below(std::string_view prefix, std::string_view path) {
  std::string joined(prefix == "/" ? "" : prefix);
  if (path != "/") joined.append(path);
  return joined.empty() ? "/" : joined;
}

void add_methods(Paths& paths, const NodeSpec& ingress, std::string_view prefix) {
  for (const MethodSpec& method : ingress.methods) {
    if (method.raw_http) continue;  // reached by its routes
    paths[below(prefix, "/" + method.name)]["post"] = operation(method, true);
    if (method.name != "call") continue;
    paths[below(prefix, "/")]["post"] = operation(method, true);
    paths[below(prefix, "/")]["get"] = operation(method, false);
  }
}

std::vector<std::string> verbs_of(const RouteSpec& route) {
  if (route.verb == "*") return {"get", "post"};
  std::string verb = route.verb;
  std::ranges::transform(verb, verb.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return {verb};
}

void add_route(Paths& paths, const NodeSpec& ingress, const RouteSpec& route, std::string_view prefix) {
  const auto method = std::ranges::find(ingress.methods, route.method, &MethodSpec::name);
  if (method == ingress.methods.end()) return;
  std::vector<Parameter> parameters;
  const std::string path = templated(below(prefix, route.path), parameters);
  for (const std::string& verb : verbs_of(route)) {
    Operation declared = operation(*method, verb != "get" && verb != "delete" && verb != "head");
    if (!parameters.empty()) declared.parameters = parameters;
    paths[path][verb] = std::move(declared);
  }
}

// Each path again under an id of its own: OpenAPI wants them unique.
void number_operations(Paths& paths) {
  std::map<std::string, int> used;
  for (auto& [path, operations] : paths)
    for (auto& [verb, declared] : operations)
      if (const int before = used[declared.operationId]++; before > 0)
        declared.operationId += "_" + std::to_string(before + 1);
}

}  // namespace

std::string openapi(const ApplicationGraph& graph, std::string_view route_prefix) {
  Document document{.info = {.title = graph.name}, .paths = {}};
  if (const auto ingress = std::ranges::find(graph.nodes, graph.ingress, &NodeSpec::name);
      ingress != graph.nodes.end()) {
    add_methods(document.paths, *ingress, route_prefix);
    for (const RouteSpec& route : graph.routes) add_route(document.paths, *ingress, route, route_prefix);
  }
  number_operations(document.paths);
  std::string text = detail::to_json(document).value_or("{}");
  text.shrink_to_fit();
  return text;
}

}  // namespace manta::spec
