#include "builtin/ab_application.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <manta/builtin/ab_router.h>
#include <manta/builtin/embed.h>
#include <manta/builtin/openai.h>
#include <manta/builtin/rerank.h>

#include "builtin/applications.h"
#include "builtin/http_router.h"

namespace manta::builtin {
namespace {

constexpr std::string_view kScheme = "builtin:";

// One model as it is written.
struct AbModel {
  std::string deployment;       // "application/Deployment" or "Deployment"
  std::string method = "call";  // of it; takes the raw request ...
  bool values = false;          // ... or true: one value, the body as JSON
  std::string import_path;      // or a built-in application ...
  Json args{"{}"};              // ... with its arguments
  double weight = 1;            // share of the sum; in targets only
};
BOOST_DESCRIBE_STRUCT(AbModel, (), (deployment, method, values, import_path, args, weight))

struct AbArgs {
  std::optional<Json> model_a, model_b;  // each an AbModel, or the deployment's name alone
  double traffic_split = 0.9;            // the part of model_a
  std::vector<AbModel> targets;          // instead of those two
};
BOOST_DESCRIBE_STRUCT(AbArgs, (), (model_a, model_b, traffic_split, targets))

[[noreturn]] void refuse_models(const std::string& what) {
  throw Exception({.code = ErrorCode::InvalidArgument, .message = "builtin:ab_router: " + what});
}

AbModel read_model(const std::string& key, const std::optional<Json>& written, double weight) {
  if (!written)
    refuse_models("args need " + key + ": \"application/Deployment\", or {import_path: builtin:..., args: {...}}");
  AbModel model;
  if (written->text.starts_with('"'))
    model.deployment = ArgValue(key, *written).as<std::string>();
  else
    model = ArgValue(key, *written).as<AbModel>();
  model.weight = weight;
  return model;
}

std::vector<AbModel> models_of(AbArgs args) {
  if (args.targets.empty()) {
    ABChoice check(args.traffic_split);
    return {read_model("model_a", args.model_a, args.traffic_split),
            read_model("model_b", args.model_b, 1 - args.traffic_split)};
  }
  if (args.model_a || args.model_b) refuse_models("args have targets, or model_a and model_b, not both");
  if (args.targets.size() < 2) refuse_models("one target leaves nothing to choose");
  return std::move(args.targets);
}

HttpTarget by_name(const AbModel& model) {
  const auto slash = model.deployment.find('/');
  const bool has_application = slash != std::string::npos;
  return {.weight = model.weight,
          .deployment = has_application ? model.deployment.substr(slash + 1) : model.deployment,
          .application = has_application ? model.deployment.substr(0, slash) : std::string(),
          .method = model.method,
          .values = model.values};
}

// The ingress of the application that the model is.
std::shared_ptr<const manta::detail::Node> build_model(const AbModel& model) {
  std::string_view name = model.import_path;
  if (!name.starts_with(kScheme))
    refuse_models("a model is a built-in application or a deployment by name; import_path: " + model.import_path);
  name.remove_prefix(kScheme.size());
  const auto found = applications().find(std::string(name));
  if (found == applications().end() || name == "ab_router") refuse_models("no model is called " + model.import_path);
  return found->second(Args::parse(model.args.text)).at(0).ingress.node();
}

// Both of a kind that answers calls by values instead of HTTP requests; nullopt: they are not.
template <class D>
std::optional<IngressDeployment> typed_router(const std::vector<AbModel>& models, std::string_view import_path) {
  for (const AbModel& model : models)
    if (model.import_path != import_path) return std::nullopt;
  if (models.size() != 2) refuse_models("of " + std::string(import_path) + " there are two, model_a and model_b");
  const double split = models[0].weight / (models[0].weight + models[1].weight);
  return ab_router(Bound<D>(build_model(models[0])), Bound<D>(build_model(models[1])), split);
}

IngressDeployment http_router(const std::vector<AbModel>& models) {
  std::vector<HttpTarget> targets;
  std::vector<Bound<OpenAi>> bound;
  std::vector<double> weights;
  for (const AbModel& model : models) {
    if (model.deployment.empty() == model.import_path.empty())
      refuse_models("a model has a deployment or an import_path");
    if (model.values && model.deployment.empty())
      refuse_models("`values` says of a deployment by name that it takes no raw request; " + model.import_path +
                    " needs none");
    weights.push_back(model.weight);
    if (model.import_path.empty()) {
      targets.push_back(by_name(model));
      continue;
    }
    auto node = build_model(model);
    if (node->table->class_name != "OpenAi")
      refuse_models(model.import_path +
                    " stands beside models of the same kind only: it takes no HTTP request as it came");
    targets.push_back({.weight = model.weight});
    bound.emplace_back(std::move(node));
  }
  WeightedChoice check(weights);
  return manta::bind<HttpRouter>(targets, bound)
      .with({.name = "ABRouter", .max_ongoing_requests = 1024, .ray_actor_options = {.num_cpus = 0.1}});
}

}  // namespace

std::vector<Application> build_ab_router(const Args& args) {
  const std::vector<AbModel> models = models_of(args.as<AbArgs>());
  if (auto embedders = typed_router<Embed>(models, "builtin:embed")) return {{.name = "ab", .ingress = *embedders}};
  if (auto rerankers = typed_router<Rerank>(models, "builtin:rerank")) return {{.name = "ab", .ingress = *rerankers}};
  return {{.name = "ab", .ingress = http_router(models)}};
}

}  // namespace manta::builtin
