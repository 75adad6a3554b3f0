#pragma once

#include <cstdint>
#include <functional>
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
  std::int64_t started = 0;                                                          // Unix time
  std::function<void(std::string_view endpoint, std::size_t fields)> count_ignored;  // may be null

  // The position of the model that a request names, or that answers those which name none. InvalidArgument when it has
  // to name one, NotFound for an unknown name; both list those there are.
  Result<std::size_t> llm(const std::optional<std::string>& name) const;
  Result<std::size_t> embedder(const std::optional<std::string>& name) const;
  Result<std::size_t> reranker(const std::optional<std::string>& name) const;

  // Parses a body. Unknown fields are counted for the endpoint, a name like "chat/completions".
  template <class T>
  Result<T> parse(std::string_view endpoint, const std::string& body) const {
    std::size_t ignored = 0;
    Result<T> parsed = detail::from_json<T>(body, UnknownKeys::Ignore, &ignored);
    if (ignored > 0 && count_ignored) count_ignored(endpoint, ignored);
    return parsed;
  }
};

// Throws InvalidArgument when a name is given twice, or a default is none of its kind.
void check_names(const OpenAiModels& models);

// Each answers one endpoint: a whole response, or it has written a stream to `out` and returns nothing. Errors are
// thrown before the first byte is written.
Task<std::optional<HttpResponse>> list_models(const Endpoints& endpoints, std::string path);
Task<std::optional<HttpResponse>> chat(const Endpoints& endpoints, std::string body, HttpWriter out);
Task<std::optional<HttpResponse>> complete(const Endpoints& endpoints, std::string body, HttpWriter out);
Task<std::optional<HttpResponse>> embeddings(const Endpoints& endpoints, std::string body);
Task<std::optional<HttpResponse>> rerank(const Endpoints& endpoints, std::string body);

}  // namespace manta::builtin::openai
