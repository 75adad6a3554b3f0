#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <manta/builtin/openai.h>

namespace manta::builtin::openai {

// The models behind the endpoints, and what is counted about requests.
struct Endpoints {
  OpenAiModels models;
  std::vector<Handle<Llm>> llms;
  std::vector<Handle<Embed>> embedders;
  std::vector<Handle<Rerank>> rerankers;
  std::int64_t started = 0;  // Unix time
  std::int64_t ignored_fields = 0;

  // The handle whose name is `model`; without one the default, or the only one. NotFound names those there are.
  Result<std::size_t> find(const std::optional<std::string>& model, const std::vector<std::string>& names,
                           bool may_default) const;
  // Parses a body; unknown fields are counted.
  template <class T>
  Result<T> parse(const std::string& body) {
    std::size_t ignored = 0;
    Result<T> parsed = detail::from_json<T>(body, UnknownKeys::Ignore, &ignored);
    ignored_fields += static_cast<std::int64_t>(ignored);
    return parsed;
  }
};

// Each answers one endpoint: a whole response, or it has written a stream to `out` and returns nothing. Errors are
// thrown before the first byte is written.
Task<HttpResponse> list_models(const Endpoints& endpoints, std::string path);
Task<std::optional<HttpResponse>> chat(Endpoints& endpoints, std::string body, HttpWriter out);
Task<std::optional<HttpResponse>> complete(Endpoints& endpoints, std::string body, HttpWriter out);
Task<HttpResponse> embeddings(Endpoints& endpoints, std::string body);
Task<HttpResponse> rerank(Endpoints& endpoints, std::string body);

}  // namespace manta::builtin::openai
