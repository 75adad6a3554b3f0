// The endpoints that answer with numbers: embeddings and rerank.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include <manta/tensor.h>

#include "builtin/openai/answer.h"
#include "builtin/openai/endpoints.h"
#include "builtin/openai/requests.h"

namespace manta::builtin::openai {
namespace {

constexpr std::size_t kMaxInputs = 2048;

Result<std::vector<std::string>> inputs_of(const EmbeddingsRequest& request) {
  std::vector<std::string> inputs;
  if (const auto* one = std::get_if<std::string>(&request.input)) inputs = {*one};
  if (const auto* many = std::get_if<std::vector<std::string>>(&request.input)) inputs = *many;
  if (inputs.empty())
    return fail(ErrorCode::InvalidArgument, "'input' is missing or empty; send a string or a list of strings", "input");
  if (inputs.size() > kMaxInputs)
    return fail(ErrorCode::InvalidArgument, "'input' has more than " + std::to_string(kMaxInputs) + " strings",
                "input");
  return inputs;
}

// The first `dimensions` numbers, of unit length again.
std::vector<float> shortened(std::span<const float> row, std::size_t dimensions) {
  std::vector<float> values(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(dimensions));
  if (dimensions == row.size()) return values;
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * static_cast<double>(value);
  if (sum > 0)
    for (float& value : values) value = static_cast<float>(static_cast<double>(value) / std::sqrt(sum));
  return values;
}

// Bytes become base64 text in JSON.
Blob bytes_of(const std::vector<float>& values) {
  static_assert(std::endian::native == std::endian::little);
  return {.data = {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}};
}

Result<std::vector<std::string>> documents_of(const RerankBody& request) {
  std::vector<std::string> documents;
  if (request.texts) documents = *request.texts;
  if (request.documents)
    for (const auto& document : *request.documents)
      documents.push_back(std::holds_alternative<std::string>(document) ? std::get<std::string>(document)
                                                                        : std::get<DocumentObject>(document).text);
  if (documents.empty())
    return fail(ErrorCode::InvalidArgument, "'documents' is missing or empty; send a list of texts", "documents");
  if (documents.size() > kMaxInputs)
    return fail(ErrorCode::InvalidArgument, "'documents' has more than " + std::to_string(kMaxInputs) + " texts",
                "documents");
  return documents;
}

std::string rerank_json(const Ranking& ranking, const std::vector<std::string>& documents, const std::string& model,
                        bool with_documents) {
  const EmbeddingUsage usage{.prompt_tokens = ranking.tokens, .total_tokens = ranking.tokens};
  const std::string id = new_id("rerank-");
  if (!with_documents) {
    RerankReply<Ranked> reply{.id = id, .model = model, .usage = usage};
    for (const RankedDocument& ranked : ranking.results) reply.results.push_back({ranked.index, ranked.score});
    return value_or_throw(detail::to_json(reply));
  }
  RerankReply<RankedWithDocument> reply{.id = id, .model = model, .usage = usage};
  for (const RankedDocument& ranked : ranking.results)
    reply.results.push_back({ranked.index, ranked.score, {documents[static_cast<std::size_t>(ranked.index)]}});
  return value_or_throw(detail::to_json(reply));
}

}  // namespace

Task<std::optional<HttpResponse>> embeddings(const Endpoints& endpoints, std::string body) {
  const auto request = value_or_throw(endpoints.parse<EmbeddingsRequest>("embeddings", body));
  const std::size_t model = value_or_throw(endpoints.embedder(request.model));
  const std::string format = request.encoding_format.value_or("float");
  if (format != "float" && format != "base64")
    throw Exception({.code = ErrorCode::InvalidArgument,
                     .message = "'encoding_format' must be \"float\" or \"base64\"",
                     .detail = "encoding_format"});
  auto response = endpoints.embedders[model].call<&Embed::embed>(EmbedRequest{value_or_throw(inputs_of(request))});
  const Embeddings made = co_await response;
  const auto columns = static_cast<std::size_t>(made.vectors.shape.at(1));
  const std::int64_t dimensions = request.dimensions.value_or(static_cast<std::int64_t>(columns));
  if (dimensions < 1 || dimensions > static_cast<std::int64_t>(columns))
    throw Exception({.code = ErrorCode::InvalidArgument,
                     .message = "'dimensions' must be from 1 to " + std::to_string(columns),
                     .detail = "dimensions"});
  EmbeddingList list{.model = endpoints.models.embedders[model], .usage = {made.tokens, made.tokens}};
  std::vector<float> row(columns);
  for (std::size_t i = 0; i < static_cast<std::size_t>(made.vectors.shape.at(0)); ++i) {
    std::memcpy(row.data(), made.vectors.data.data() + i * columns * sizeof(float), columns * sizeof(float));
    Embedding embedding{.index = static_cast<std::int64_t>(i)};
    std::vector<float> values = shortened(row, static_cast<std::size_t>(dimensions));
    if (format == "base64")
      embedding.embedding = bytes_of(values);
    else
      embedding.embedding = std::move(values);
    list.data.push_back(std::move(embedding));
  }
  co_return HttpResponse::json(value_or_throw(detail::to_json(list)));
}

Task<std::optional<HttpResponse>> rerank(const Endpoints& endpoints, std::string body) {
  const auto request = value_or_throw(endpoints.parse<RerankBody>("rerank", body));
  const std::size_t model = value_or_throw(endpoints.reranker(request.model));
  if (!request.query)
    throw Exception({.code = ErrorCode::InvalidArgument, .message = "'query' is missing", .detail = "query"});
  if (request.top_n && *request.top_n < 1)
    throw Exception({.code = ErrorCode::InvalidArgument, .message = "'top_n' must be at least 1", .detail = "top_n"});
  const std::vector<std::string> documents = value_or_throw(documents_of(request));
  RerankRequest call{.query = *request.query,
                     .documents = documents,
                     .top_n = static_cast<int>(std::min<std::int64_t>(request.top_n.value_or(0), 1 << 20))};
  auto response = endpoints.rerankers[model].call<&Rerank::rerank>(std::move(call));
  const Ranking ranking = co_await response;
  co_return HttpResponse::json(
      rerank_json(ranking, documents, endpoints.models.rerankers[model], request.return_documents.value_or(false)));
}

}  // namespace manta::builtin::openai
