#include "builtin/http_router.h"

#include <cstddef>
#include <utility>

namespace manta::builtin {
namespace {

std::vector<double> weights_of(const std::vector<HttpTarget>& targets) {
  std::vector<double> weights;
  for (const HttpTarget& target : targets) weights.push_back(target.weight);
  return weights;
}

bool may_run_again(const HttpRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

}  // namespace

HttpRouter::HttpRouter(std::vector<HttpTarget> targets, std::vector<Handle<OpenAi>> models)
    : choice_(weights_of(targets)) {
  std::size_t next = 0;
  for (const HttpTarget& target : targets) {
    if (target.deployment.empty()) {
      targets_.emplace_back([model = models.at(next++)](HttpRequest request) {
        return model.stream<&OpenAi::handle>(std::move(request));
      });
      continue;
    }
    auto handle = get_deployment_handle(target.deployment, target.application);
    targets_.emplace_back([handle = std::move(handle), method = target.method](HttpRequest request) {
      const auto caller = handle.with({.retry = may_run_again(request)});
      return HttpReader(caller.stream<HttpResponse>(method, std::move(request)));
    });
  }
}

Task<void> HttpRouter::call(HttpRequest request, HttpWriter out) {
  HttpReader answer = targets_[choice_.pick()](std::move(request));
  auto beginning = answer.head();
  HttpResponse head = co_await beginning;
  co_await out.start(head.status, std::move(head.headers));
  for (;;) {
    auto reading = answer.next();
    auto bytes = co_await reading;
    if (!bytes) co_return;
    co_await out.write(std::move(*bytes));
  }
}

}  // namespace manta::builtin
