// Calls the stack by handles, as a program on the same machine does: stack_client [ADMIN_PORT [PATIENCE_S]]
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>

#include <manta/builtin/embed.h>
#include <manta/builtin/openai.h>
#include <manta/client.h>
#include <manta/retry.h>

namespace {

using namespace std::chrono_literals;
using manta::builtin::CompletionCall;
using manta::builtin::EmbedReply;
using manta::builtin::EmbedRequest;
using manta::builtin::Generation;

// Waits for the answer, gives up in time and tells the model so: nobody generates for a caller that has left.
Generation complete(const manta::DynamicHandle& router, const CompletionCall& request, std::chrono::seconds patience) {
  auto response = router.call<Generation>("completions", request);
  if (!response.wait(patience)) {
    response.cancel();
    throw manta::Exception({.code = manta::ErrorCode::DeadlineExceeded, .message = "LLM call timed out"});
  }
  return response.get();
}

// Which model a replica of the deployment serves, and where.
void describe(manta::Client& client, const char* deployment) {
  const auto place = client.get_deployment_handle(deployment).call<manta::WhereAmI>("where_am_i").get(5s);
  std::cout << place.replica << ": " << place.model_version << ", loaded in " << place.load_time_s << " s by process "
            << place.pid << ", GPU use ";
  if (place.gpu_utilization)
    std::cout << *place.gpu_utilization << "\n";
  else
    std::cout << "none\n";
}

}  // namespace

int main(int argc, char** argv) try {
  manta::Client client({.admin_port = argc > 1 ? std::atoi(argv[1]) : 8265});
  const std::chrono::seconds patience(argc > 2 ? std::atoi(argv[2]) : 10);

  const auto router = client.get_deployment_handle("openai_ingress");
  // Up to 4 tries, with pauses of 200 ms * 2^attempt, while the failure is one that another try may cure.
  const Generation generation =
      manta::retry(4, 200ms, [&] { return complete(router, {.prompt = "hi", .max_tokens = 8}, patience); });
  std::cout << "completion: " << generation.usage.completion_tokens << " tokens, finish_reason "
            << generation.finish_reason << "\n";

  const auto embed = client.get_deployment_handle("embed_onxx");
  const EmbedReply vectors = embed.call<EmbedReply>("call", EmbedRequest{{"a", "b"}}).get(5s);
  std::cout << "embeddings: " << vectors.embeddings.size() << " of " << vectors.embeddings.at(0).size() << " numbers\n";

  for (const char* name : {"embed_onxx", "rerank_onnx", "LLMServer"}) describe(client, name);
  return 0;
} catch (const std::exception& exception) {
  std::cerr << "stack_client: " << exception.what() << "\n";
  return 1;
}
