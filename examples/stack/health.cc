#include "health.h"

#include <algorithm>
#include <chrono>

#include <manta/builtin/llm.h>
#include <manta/detail/json.h>
#include <manta/handle.h>

namespace stack {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 1s;  // for all of them: they are asked at the same time

// What the call throws becomes the reason.
template <class R>
manta::Task<std::string> state_of(manta::Response<R> response) {
  try {
    co_await response;
    co_return "ready";
  } catch (const manta::Exception& exception) {
    if (exception.code() == manta::ErrorCode::Cancelled) throw;
    co_return std::string(exception.what());
  }
}

}  // namespace

manta::Task<manta::HttpResponse> Health::healthz(manta::HttpRequest) { co_return manta::HttpResponse::text("ok\n"); }

manta::Task<manta::HttpResponse> Health::ready(manta::HttpRequest) {
  const manta::CallOptions options{.timeout = kPatience};
  const auto ask = [&options](std::string_view deployment, std::string_view application, std::string_view method) {
    return manta::get_deployment_handle(deployment, application).with(options).call<std::string>(method);
  };
  auto embed = state_of(ask("embed_onxx", "embed", "model_id"));
  auto llm =
      state_of(manta::get_deployment_handle("LLMServer", "llm").with(options).call<manta::builtin::ModelCard>("card"));
  auto ingress = state_of(ask("openai_ingress", "llm", "model_id"));
  auto rerank = state_of(ask("rerank_onnx", "rerank", "model_id"));
  Readiness readiness;
  readiness.models["embed_onxx"] = co_await embed;
  readiness.models["LLMServer"] = co_await llm;
  readiness.models["openai_ingress"] = co_await ingress;
  readiness.ready = std::ranges::all_of(readiness.models, [](const auto& model) { return model.second == "ready"; });
  readiness.models["rerank_onnx"] = co_await rerank;
  co_return manta::HttpResponse::json(manta::value_or_throw(manta::detail::to_json(readiness)),
                                      readiness.ready ? 200 : 503);
}

}  // namespace stack
