// One deployment with two routes and its engine inside: what a file for `vllm_deployment:entrypoint` configures.
#include <string>
#include <utility>
#include <vector>

#include <manta/builtin/llm.h>
#include <manta/manta.h>

namespace vllm_service {

using manta::builtin::ChatMessage;
using manta::builtin::Llm;

struct ChatRequest {
  std::vector<ChatMessage> messages;
  double temperature = 0.7;
  int max_tokens = 512;
};
BOOST_DESCRIBE_STRUCT(ChatRequest, (), (messages, temperature, max_tokens))

struct Message {
  std::string content;
};
BOOST_DESCRIBE_STRUCT(Message, (), (content))

struct Choice {
  Message message;
};
BOOST_DESCRIBE_STRUCT(Choice, (), (message))

struct ChatAnswer {
  std::vector<Choice> choices;
};
BOOST_DESCRIBE_STRUCT(ChatAnswer, (), (choices))

struct Card {
  std::string id, object = "model";
};
BOOST_DESCRIBE_STRUCT(Card, (), (id, object))

struct Cards {
  std::vector<Card> data;
};
BOOST_DESCRIBE_STRUCT(Cards, (), (data))

class VLLMDeployment {
 public:
  VLLMDeployment() : llm_({.id = "llama-3.3-70b", .engine = "sim", .slots = 100}) {}

  manta::Task<ChatAnswer> chat(ChatRequest request) {
    std::string prompt;
    for (const ChatMessage& message : request.messages) prompt += message.role + ": " + message.content + "\n";
    manta::builtin::GenerateRequest generate{
        .prompt = std::move(prompt), .max_tokens = request.max_tokens, .temperature = request.temperature};
    auto generating = llm_.generate(std::move(generate));
    manta::builtin::Generation generation = co_await generating;
    ChatAnswer answer;
    answer.choices.push_back({.message = {.content = std::move(generation.text)}});
    co_return answer;
  }
  manta::Task<Cards> models() {
    Cards cards;
    cards.data.push_back({.id = "llama-3.3-70b"});
    co_return cards;
  }
  using methods = manta::Methods<manta::route<"POST", "/v1/chat/completions", &VLLMDeployment::chat>,
                                 manta::route<"GET", "/v1/models", &VLLMDeployment::models>>;

 private:
  Llm llm_;
};

manta::Application entrypoint(const manta::Args&) {
  return {.name = "llm-api",
          .ingress = manta::bind<VLLMDeployment>().with(
              {.max_ongoing_requests = 100, .ray_actor_options = {.num_cpus = 0.1, .num_gpus = 1}})};
}
MANTA_APP(entrypoint)

}  // namespace vllm_service
