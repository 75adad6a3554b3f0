#include <manta/builtin/openai.h>

#include <ctime>

#include "builtin/openai/answer.h"
#include "builtin/openai/endpoints.h"

namespace manta::builtin {
namespace openai {
namespace {

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text.empty() ? "none" : text;
}

std::string_view after_prefix(std::string_view path) {
  const std::size_t at = path.find("/v1/");
  return at == std::string_view::npos ? std::string_view() : path.substr(at + 3);
}

HttpResponse wrong_method(const HttpRequest& request, std::string_view allowed) {
  HttpResponse response = error_response(
      {.code = ErrorCode::InvalidArgument,
       .message = request.method + " is not supported at " + request.path + "; use " + std::string(allowed),
       .status = 405});
  response.headers.emplace_back("allow", allowed);
  return response;
}

}  // namespace

Result<std::size_t> Endpoints::find(const std::optional<std::string>& model, const std::vector<std::string>& names,
                                    bool may_default) const {
  const std::string wanted = model.value_or(may_default ? models.default_model : std::string());
  if (wanted.empty() && names.size() == 1) return 0;
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == wanted) return i;
  if (wanted.empty()) return fail(ErrorCode::InvalidArgument, "'model' is missing; one of: " + listed(names), "model");
  return unknown_model(wanted, listed(names));
}

Task<HttpResponse> list_models(const Endpoints& endpoints, std::string path) {
  ModelList list;
  for (const auto* names : {&endpoints.models.llms, &endpoints.models.embedders, &endpoints.models.rerankers})
    for (const std::string& name : *names) list.data.push_back({.id = name, .created = endpoints.started});
  if (path == "/models") co_return HttpResponse::json(value_or_throw(detail::to_json(list)));
  const std::string wanted = path.substr(std::string_view("/models/").size());
  std::vector<std::string> names;
  for (const Model& model : list.data) {
    if (model.id == wanted) co_return HttpResponse::json(value_or_throw(detail::to_json(model)));
    names.push_back(model.id);
  }
  co_return error_response(unknown_model(wanted, listed(names)).error());
}

}  // namespace openai

struct OpenAi::Impl : openai::Endpoints {
  // A whole answer, or nothing when a stream has been written.
  Task<std::optional<HttpResponse>> answer(HttpRequest request, HttpWriter out) {
    const std::string path(openai::after_prefix(request.path));
    if (path == "/models" || path.starts_with("/models/")) {
      if (request.method != "GET" && request.method != "HEAD") co_return openai::wrong_method(request, "GET, HEAD");
      auto listing = openai::list_models(*this, path);
      co_return co_await listing;
    }
    const bool known =
        path == "/chat/completions" || path == "/completions" || path == "/embeddings" || path == "/rerank";
    if (!known)
      co_return openai::error_response(
          {.code = ErrorCode::NotFound, .message = "there is no endpoint " + request.method + " " + request.path});
    if (request.method != "POST") co_return openai::wrong_method(request, "POST");
    if (path == "/embeddings") {
      auto embedding = openai::embeddings(*this, std::move(request.body));
      co_return co_await embedding;
    }
    if (path == "/rerank") {
      auto ranking = openai::rerank(*this, std::move(request.body));
      co_return co_await ranking;
    }
    auto generating = path == "/completions" ? openai::complete(*this, std::move(request.body), out)
                                             : openai::chat(*this, std::move(request.body), out);
    co_return co_await generating;
  }
};

OpenAi::OpenAi(OpenAiModels models, std::vector<Handle<Llm>> llms, std::vector<Handle<Embed>> embedders,
               std::vector<Handle<Rerank>> rerankers)
    : impl_(std::make_unique<Impl>()) {
  if (models.llms.size() != llms.size() || models.embedders.size() != embedders.size() ||
      models.rerankers.size() != rerankers.size())
    throw Exception({.code = ErrorCode::InvalidArgument,
                     .message = "OpenAi: as many model names as handles of each kind are needed"});
  static_cast<openai::Endpoints&>(*impl_) = {.models = std::move(models),
                                             .llms = std::move(llms),
                                             .embedders = std::move(embedders),
                                             .rerankers = std::move(rerankers),
                                             .started = std::time(nullptr)};
}
OpenAi::~OpenAi() = default;
OpenAi::OpenAi(OpenAi&&) noexcept = default;

Task<void> OpenAi::handle(HttpRequest request, HttpWriter out) {
  std::optional<HttpResponse> response;
  try {
    auto answering = impl_->answer(std::move(request), out);
    response = co_await answering;
  } catch (const Exception& exception) {
    if (exception.code() == ErrorCode::Cancelled) throw;
    response = openai::error_response(exception.error());
  }
  if (!response) co_return;
  co_await out.start(response->status, std::move(response->headers));
  co_await out.write(std::move(response->body));
}

Task<Generation> OpenAi::completions(CompletionCall call) {
  std::optional<std::string> model;
  if (!call.model.empty()) model = call.model;
  const std::size_t index = value_or_throw(impl_->find(model, impl_->models.llms, true));
  GenerateRequest request{.prompt = std::move(call.prompt),
                          .max_tokens = call.max_tokens,
                          .temperature = call.temperature,
                          .stop = std::move(call.stop)};
  auto response = impl_->llms[index].call<&Llm::generate>(std::move(request));
  co_return co_await response;
}

Task<std::int64_t> OpenAi::ignored_fields() { co_return impl_->ignored_fields; }

}  // namespace manta::builtin
