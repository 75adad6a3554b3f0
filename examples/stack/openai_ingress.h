#pragma once

#include <string>

#include <manta/builtin/openai.h>

namespace stack {

// The OpenAI endpoints of one language model, for an application at /v1; and completions for programs with a handle.
class OpenAiIngress {
 public:
  OpenAiIngress(std::string model, manta::Handle<manta::builtin::Llm> llm);

  manta::Task<void> openai(manta::HttpRequest request, manta::HttpWriter out);
  manta::Task<manta::builtin::Generation> completions(manta::builtin::CompletionCall call);
  manta::Task<std::string> model_id();

  // Over HTTP, /v1/completions is the endpoint, not the method of that name, whose path it would be.
  using methods = manta::Methods<manta::route<"*", "/completions", manta::route<"*", "/*", &OpenAiIngress::openai>>,
                                 &OpenAiIngress::completions, manta::idempotent<&OpenAiIngress::model_id>>;

 private:
  std::string model_;
  manta::builtin::OpenAi openai_;
};

}  // namespace stack
