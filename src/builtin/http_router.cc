#include "builtin/http_router.h"

#include <cstddef>
#include <utility>

#include <manta/builtin/ab_router.h>

namespace manta::builtin {
namespace {

std::vector<double> weights_of(const std::vector<HttpTarget>& targets) {
  std::vector<double> weights;
  for (const HttpTarget& target : targets) weights.push_back(target.weight);
  return weights;
}

}  // namespace

HttpRouter::HttpRouter(std::vector<HttpTarget> targets, std::vector<Handle<OpenAi>> models)
    : choice_(weights_of(targets)) {
  std::size_t next = 0;
  for (HttpTarget& target : targets) {
    if (target.deployment.empty())
      models_.push_back({.bound = models.at(next++)});
    else
      models_.push_back({.named = get_deployment_handle(target.deployment, target.application),
                         .method = std::move(target.method),
                         .values = target.values});
  }
}

HttpReader HttpRouter::Model::open(HttpRequest request) const {
  if (bound) return bound->stream<&OpenAi::handle>(std::move(request));
  const auto caller = named->with({.retry = manta::detail::is_safe_verb(request)});
  return HttpReader(caller.stream<HttpResponse>(method, std::move(request)));
}

Task<void> HttpRouter::Model::call_with_value(std::string body, HttpWriter out) const {
  auto answering = body.empty() ? named->call<Json>(method) : named->call<Json>(method, Json{std::move(body)});
  Json answer = co_await answering;
  co_await out.start(200, {{"content-type", "application/json"}});
  co_await out.write(std::move(answer.text));
}

Task<void> HttpRouter::call(HttpRequest request, HttpWriter out) {
  const Model& model = models_[choice_.pick()];
  auto passing = model.values ? model.call_with_value(std::move(request.body), std::move(out))
                              : ab::pass_on(model.open(std::move(request)), std::move(out));
  co_await passing;
}

}  // namespace manta::builtin
