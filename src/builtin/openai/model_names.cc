// Which model answers a request.
#include <algorithm>
#include <map>

#include "builtin/openai/answer.h"
#include "builtin/openai/endpoints.h"

namespace manta::builtin::openai {
namespace {

using Names = std::vector<std::string>;

bool holds(const Names& names, const std::string& name) { return std::ranges::find(names, name) != names.end(); }

std::string listed(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

Result<std::size_t> find(const std::optional<std::string>& name, const Names& names, const std::string& otherwise) {
  const std::string& wanted = name && !name->empty() ? *name : otherwise;
  if (wanted.empty() && names.size() == 1) return 0;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == wanted) return i;
  if (wanted.empty()) return fail(ErrorCode::InvalidArgument, "'model' is missing; one of: " + listed(names), "model");
  return unknown_model(wanted, listed(names));
}

[[noreturn]] void refuse(std::string message, std::string place) {
  throw Exception(
      {.code = ErrorCode::InvalidArgument, .message = "OpenAI endpoints: " + message, .detail = std::move(place)});
}

// `field` is the default of models that stand in `list`.
void check_default(const std::string& field, const std::string& name, const std::string& list, const Names& names) {
  if (name.empty() || holds(names, name)) return;
  refuse(field + " is '" + name + "', but " + list + " has no such model; it has: " + listed(names), field);
}

}  // namespace

Result<std::size_t> Endpoints::llm(const std::optional<std::string>& name) const {
  return find(name, models.llms, models.default_model);
}
Result<std::size_t> Endpoints::embedder(const std::optional<std::string>& name) const {
  return find(name, models.embedders, models.default_embedder);
}
Result<std::size_t> Endpoints::reranker(const std::optional<std::string>& name) const {
  return find(name, models.rerankers, models.default_reranker);
}

void check_names(const OpenAiModels& models) {
  std::map<std::string, std::string> places;
  const auto add = [&places](const std::string& list, const Names& names) {
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::string place = list + "[" + std::to_string(i) + "]";
      const auto [known, is_new] = places.emplace(names[i], place);
      if (!is_new)
        refuse(known->second + " and " + place + " are both named '" + names[i] + "'; give one of them another id",
               place + ".id");
    }
  };
  add("llms", models.llms);
  add("embedders", models.embedders);
  add("rerankers", models.rerankers);
  check_default("default_model", models.default_model, "llms", models.llms);
  check_default("default_embedder", models.default_embedder, "embedders", models.embedders);
  check_default("default_reranker", models.default_reranker, "rerankers", models.rerankers);
}

Task<std::optional<HttpResponse>> list_models(const Endpoints& endpoints, std::string path) {
  ModelList list;
  for (const auto* names : {&endpoints.models.llms, &endpoints.models.embedders, &endpoints.models.rerankers})
    for (const std::string& name : *names) list.data.push_back({.id = name, .created = endpoints.started});
  if (path == "/models") co_return HttpResponse::json(value_or_throw(detail::to_json(list)));
  const std::string wanted = path.substr(std::string_view("/models/").size());
  if (wanted.empty())
    co_return error_response(
        {.code = ErrorCode::NotFound, .message = "no model is named after /v1/models/; GET /v1/models lists them"});
  Names names;
  for (const Model& model : list.data) {
    if (model.id == wanted) co_return HttpResponse::json(value_or_throw(detail::to_json(model)));
    names.push_back(model.id);
  }
  co_return error_response(unknown_model(wanted, listed(names)).error());
}

}  // namespace manta::builtin::openai
