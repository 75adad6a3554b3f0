#include "openai_ingress.h"

#include <utility>

namespace stack {

OpenAiIngress::OpenAiIngress(std::string model, manta::Handle<manta::builtin::Llm> llm)
    : model_(std::move(model)), openai_({.llms = {model_}}, {std::move(llm)}, {}, {}) {}

manta::Task<void> OpenAiIngress::openai(manta::HttpRequest request, manta::HttpWriter out) {
  return openai_.handle(std::move(request), out);
}

manta::Task<manta::builtin::Generation> OpenAiIngress::completions(manta::builtin::CompletionCall call) {
  return openai_.completions(std::move(call));
}

manta::Task<std::string> OpenAiIngress::model_id() { co_return model_; }

}  // namespace stack
