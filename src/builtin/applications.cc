#include "builtin/applications.h"

#include <manta/builtin/openai.h>

#include "builtin/ab_application.h"
#include "builtin/engine_loading.h"
#include "builtin/openai/endpoints.h"

namespace manta::builtin {
namespace {

// Arguments of builtin:openai: any number of models of each kind.
struct OpenAiArgs {
  std::vector<LlmOptions> llms;
  std::vector<EmbedOptions> embedders;
  std::vector<RerankOptions> rerankers;
  std::string default_model, default_embedder, default_reranker;
  bool in_proxy = false;  // the endpoints: see DeploymentConfig
};
BOOST_DESCRIBE_STRUCT(OpenAiArgs, (),
                      (llms, embedders, rerankers, default_model, default_embedder, default_reranker, in_proxy))

const Resources kIngressShare{.num_cpus = 0.1};
const Resources kEncoderShare{.num_cpus = 0.25};
const Resources kLlmShare{.num_cpus = 1};

// A replica is ready when it has run its model once: the first request of a user meets warm code.
DeploymentConfig embed_config() {
  return {.max_ongoing_requests = 256,
          .ray_actor_options = kEncoderShare,
          .warmup = {{.method = "call", .body = R"({"texts": ["warm up"]})"}}};
}
DeploymentConfig rerank_config() {
  return {.max_ongoing_requests = 256,
          .ray_actor_options = kEncoderShare,
          .warmup = {{.method = "call", .body = R"({"query": "warm", "documents": ["up"]})"}}};
}
DeploymentConfig llm_config() {
  return {.max_ongoing_requests = 256,
          .ray_actor_options = kLlmShare,
          .warmup = {{.method = "generate", .body = R"({"prompt": "warm up", "max_tokens": 1})"}}};
}

// A file that is missing fails the deploy at once, before any process is started.
LlmOptions checked(LlmOptions options) {
  if (options.engine == "llama") require_model("llm", options.model);
  return options;
}
EmbedOptions checked(EmbedOptions options) {
  if (options.engine == "onnx") require_model("embed", options.model);
  return options;
}
RerankOptions checked(RerankOptions options) {
  if (options.engine == "onnx") require_model("rerank", options.model);
  return options;
}

template <class D, class Options>
std::vector<Bound<D>> bind_all(const std::vector<Options>& options, const DeploymentConfig& config,
                               std::vector<std::string>& ids) {
  std::vector<Bound<D>> bound;
  for (const Options& one : options) {
    bound.push_back(manta::bind<D>(checked(one)).with(config));
    ids.push_back(model_id(one.id, one.model));
  }
  return bound;
}

Application serve_openai(const OpenAiArgs& args) {
  if (args.llms.empty() && args.embedders.empty() && args.rerankers.empty())
    throw Exception({.code = ErrorCode::InvalidArgument,
                     .message = "builtin:openai serves nothing: give llms, embedders or rerankers in args"});
  OpenAiModels models{.default_model = args.default_model,
                      .default_embedder = args.default_embedder,
                      .default_reranker = args.default_reranker};
  const auto llms = bind_all<Llm>(args.llms, llm_config(), models.llms);
  const auto embedders = bind_all<Embed>(args.embedders, embed_config(), models.embedders);
  const auto rerankers = bind_all<Rerank>(args.rerankers, rerank_config(), models.rerankers);
  openai::check_names(models);
  return {.name = "openai",
          .ingress = manta::bind<OpenAi>(models, llms, embedders, rerankers)
                         .with({.max_ongoing_requests = 1024,
                                .ray_actor_options = args.in_proxy ? Resources{} : kIngressShare,
                                .in_proxy = args.in_proxy})};
}

std::vector<Application> build_embed(const Args& args) {
  return {{.name = "embed", .ingress = manta::bind<Embed>(checked(args.as<EmbedOptions>())).with(embed_config())}};
}
std::vector<Application> build_rerank(const Args& args) {
  return {{.name = "rerank", .ingress = manta::bind<Rerank>(checked(args.as<RerankOptions>())).with(rerank_config())}};
}
std::vector<Application> build_llm(const Args& args) { return {serve_openai({.llms = {args.as<LlmOptions>()}})}; }
std::vector<Application> build_openai(const Args& args) { return {serve_openai(args.as<OpenAiArgs>())}; }

}  // namespace

const std::map<std::string, BuildFunction>& applications() {
  static const std::map<std::string, BuildFunction> all{{"embed", build_embed},
                                                        {"rerank", build_rerank},
                                                        {"llm", build_llm},
                                                        {"openai", build_openai},
                                                        {"ab_router", build_ab_router}};
  return all;
}

}  // namespace manta::builtin
