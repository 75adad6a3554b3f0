// The OpenAI endpoints in front of a model that only passes text on: proxy, ingress, handle and the model's replica;
// and the same with the ingress in the proxy.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <manta/builtin/openai.h>
#include <manta/manta.h>

#include "hot_path.h"
#include "turnstile.h"
#include "whole_instance.h"

namespace manta::counts {
namespace {

using builtin::GenerateRequest;
using builtin::Generation;
using builtin::GenerationChunk;

class Script {
 public:
  Task<Generation> generate(GenerateRequest request) {
    co_return Generation{
        .text = " word word word word word word word word word word",
        .finish_reason = "length",
        .usage = {.prompt_tokens = static_cast<std::int64_t>(request.messages.size()), .completion_tokens = 10}};
  }
  Task<void> stream(GenerateRequest, Writer<GenerationChunk> out) {
    for (;;) {
      const int count = co_await Turnstile::instance().pass();
      for (int i = 0; i < count; ++i) {
        GenerationChunk chunk{.text = " word"};
        co_await out.write(std::move(chunk));
      }
    }
  }
  using methods = Methods<&Script::generate, &Script::stream>;
};

using Placed = WholeInstance::Placed;

std::shared_ptr<WholeInstance> endpoints(Placed placed) {
  const std::vector<Bound<builtin::Llm>> llms{manta::bind<builtin::Llm>(builtin::LlmOptions{.engine = "sim"})};
  const Application application{.name = "openai",
                                .ingress = manta::bind<builtin::OpenAi>(builtin::OpenAiModels{.llms = {"tiny"}}, llms,
                                                                        std::vector<Bound<builtin::Embed>>{},
                                                                        std::vector<Bound<builtin::Rerank>>{})};
  return std::make_shared<WholeInstance>(application,
                                         std::map{std::pair{std::string("Llm"), manta::bind<Script>().node()}}, placed);
}

std::string question(bool stream) {
  const std::string text = "Say hello to the person that reads this, in one short sentence please.";
  return http_post("/app/v1/chat/completions", R"({"model":"tiny","messages":[{"role":"user","content":")" + text +
                                                   R"("}],"max_tokens":10,"stream":)" + (stream ? "true" : "false") +
                                                   R"(,"ignore_eos":true})");
}

HotPath plain(std::string name, Placed placed) {
  return {.name = std::move(name), .runs = 500, .set_up = [placed] {
            auto instance = endpoints(placed);
            const auto client = std::shared_ptr<RawClient>(instance->client());
            return [instance, client, text = question(false)] {
              client->send(text);
              client->expect("\"chat.completion\"");
            };
          }};
}

HotPath generated(std::string name, Placed placed, int at_once) {
  return {.name = std::move(name), .runs = 500, .operations = at_once, .set_up = [placed, at_once] {
            auto instance = endpoints(placed);
            const auto client = std::shared_ptr<RawClient>(instance->client());
            client->send(question(true));
            instance->loop().poll();
            return [instance, client, at_once] {
              Turnstile::instance().release(at_once);
              client->expect("\"delta\":{\"content\":\" word\"}");
            };
          }};
}

}  // namespace

std::vector<HotPath> openai_paths() {
  return {plain("openai_request", Placed::Separate),
          generated("openai_event", Placed::Separate, 1),
          generated("openai_event_of_16", Placed::Separate, 16),
          plain("openai_in_proxy_request", Placed::InProxy),
          generated("openai_in_proxy_event", Placed::InProxy, 1),
          generated("openai_in_proxy_event_of_16", Placed::InProxy, 16)};
}

}  // namespace manta::counts
