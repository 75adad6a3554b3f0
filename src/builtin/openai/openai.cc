#include <manta/builtin/openai.h>

#include <ctime>
#include <functional>
#include <map>

#include <manta/detail/replica_counter.h>

#include "builtin/openai/answer.h"
#include "builtin/openai/endpoints.h"

namespace manta::builtin {
namespace openai {
namespace {

std::string_view after_prefix(std::string_view path) {
  const std::size_t at = path.find("/v1/");
  return at == std::string_view::npos ? std::string_view() : path.substr(at + 3);
}

// Counts into the metrics of the replica that this runs in.
std::function<void(std::string_view, std::size_t)> ignored_fields() {
  std::map<std::string, detail::ReplicaCounter, std::less<>> counters;
  for (const char* endpoint : {"chat/completions", "completions", "embeddings", "rerank"})
    counters.emplace(endpoint, detail::ReplicaCounter("manta_openai_ignored_fields_total",
                                                      "Fields of requests that the endpoint does not know.",
                                                      {{"endpoint", endpoint}}));
  return [counters = std::move(counters)](std::string_view endpoint, std::size_t fields) {
    counters.find(endpoint)->second.add(static_cast<double>(fields));
  };
}

HttpResponse wrong_method(const HttpRequest& request, std::string_view allowed) {
  HttpResponse response = error_response(
      {.code = ErrorCode::InvalidArgument,
       .message = request.method + " is not supported at " + request.path + "; use " + std::string(allowed),
       .status = 405});
  response.headers.emplace_back("allow", allowed);
  return response;
}

Task<std::optional<HttpResponse>> at_once(HttpResponse response) { co_return response; }

}  // namespace
}  // namespace openai

struct OpenAi::Impl : openai::Endpoints {
  // A whole answer, or nothing when a stream has been written. Takes the body.
  Task<std::optional<HttpResponse>> answer(HttpRequest& request, HttpWriter out) {
    const std::string_view path = openai::after_prefix(request.path);
    if (path == "/models" || path.starts_with("/models/")) {
      if (request.method != "GET" && request.method != "HEAD")
        return openai::at_once(openai::wrong_method(request, "GET, HEAD"));
      return openai::list_models(*this, std::string(path));
    }
    const bool known =
        path == "/chat/completions" || path == "/completions" || path == "/embeddings" || path == "/rerank";
    if (!known)
      return openai::at_once(openai::error_response(
          {.code = ErrorCode::NotFound, .message = "there is no endpoint " + request.method + " " + request.path}));
    if (request.method != "POST") return openai::at_once(openai::wrong_method(request, "POST"));
    if (path == "/embeddings") return openai::embeddings(*this, std::move(request.body));
    if (path == "/rerank") return openai::rerank(*this, std::move(request.body));
    if (path == "/completions") return openai::complete(*this, std::move(request.body), out);
    return openai::chat(*this, std::move(request.body), out);
  }
};

OpenAi::OpenAi(OpenAiModels models, std::vector<Handle<Llm>> llms, std::vector<Handle<Embed>> embedders,
               std::vector<Handle<Rerank>> rerankers)
    : impl_(std::make_unique<Impl>()) {
  if (models.llms.size() != llms.size() || models.embedders.size() != embedders.size() ||
      models.rerankers.size() != rerankers.size())
    throw Exception({.code = ErrorCode::InvalidArgument,
                     .message = "OpenAi: as many model names as handles of each kind are needed"});
  openai::check_names(models);
  static_cast<openai::Endpoints&>(*impl_) = {.models = std::move(models),
                                             .llms = std::move(llms),
                                             .embedders = std::move(embedders),
                                             .rerankers = std::move(rerankers),
                                             .started = std::time(nullptr),
                                             .count_ignored = openai::ignored_fields()};
}
OpenAi::~OpenAi() = default;
OpenAi::OpenAi(OpenAi&&) noexcept = default;

Task<void> OpenAi::handle(HttpRequest request, HttpWriter out) {
  std::optional<HttpResponse> response;
  try {
    auto answering = impl_->answer(request, out);
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
  const std::size_t index = value_or_throw(impl_->llm(call.model));
  GenerateRequest request{.prompt = std::move(call.prompt),
                          .max_tokens = call.max_tokens,
                          .temperature = call.temperature,
                          .stop = std::move(call.stop)};
  auto response = impl_->llms[index].call<&Llm::generate>(std::move(request));
  co_return co_await response;
}

}  // namespace manta::builtin
