#pragma once

#include <memory>
#include <string>
#include <vector>

#include <manta/builtin/embed.h>
#include <manta/builtin/llm.h>
#include <manta/builtin/rerank.h>
#include <manta/handle.h>
#include <manta/http.h>

namespace manta::builtin {

// Names under which clients ask for the models behind the handles, in the order of the handles; no name twice. The
// defaults answer requests without `model`; one that is empty stands for the only model of its kind, if there is one.
struct OpenAiModels {
  std::vector<std::string> llms;
  std::vector<std::string> embedders;
  std::vector<std::string> rerankers;
  std::string default_model;  // for chat and completions
  std::string default_embedder;
  std::string default_reranker;
};
BOOST_DESCRIBE_STRUCT(OpenAiModels, (), (llms, embedders, rerankers, default_model, default_embedder, default_reranker))

// A completion by handle, in the shape of the OpenAI endpoint.
struct CompletionCall {
  std::string prompt;
  std::string model;
  int max_tokens = 16;
  double temperature = 1.0;
  std::vector<std::string> stop;
};
BOOST_DESCRIBE_STRUCT(CompletionCall, (), (prompt, model, max_tokens, temperature, stop))

// The OpenAI endpoints over handles: /v1/models, /v1/chat/completions, /v1/completions, /v1/embeddings and /v1/rerank.
// An ingress deployment of its own, or a member of another one that forwards its requests to handle(). Every error has
// OpenAI's error body; unknown fields of a request are ignored, and counted in the metric
// manta_openai_ignored_fields_total of the replica.
class OpenAi {
 public:
  // It keeps nothing between requests and only waits for models.
  static constexpr bool may_run_in_proxy = true;

  // Throws InvalidArgument when a name is given twice or a default is none of them.
  OpenAi(OpenAiModels models, std::vector<Handle<Llm>> llms, std::vector<Handle<Embed>> embedders,
         std::vector<Handle<Rerank>> rerankers);
  ~OpenAi();
  OpenAi(OpenAi&&) noexcept;

  // Answers any request below /v1.
  Task<void> handle(HttpRequest request, HttpWriter out);
  // For callers with a handle to this deployment.
  Task<Generation> completions(CompletionCall call);

  using methods = Methods<route<"*", "/v1/*", &OpenAi::handle>, &OpenAi::completions>;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manta::builtin
