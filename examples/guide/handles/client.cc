// A program that calls deployments of a running instance. Its argument: the admin port.
#include <cstdio>
#include <cstdlib>

#include <manta/client.h>
#include <manta/manta.h>

int main(int, char** arguments) {
  const int port = std::atoi(arguments[1]);
  // [client]
  manta::Client client({.admin_port = port});            // one background thread
  auto llm = client.get_deployment_handle("Retriever");  // the only application that has it, or name one
  auto reply = llm.call<std::vector<std::string>>("search", std::string("how"), 2).get(std::chrono::seconds(10));
  // [/client]
  std::printf("%zu\n", reply.size());
}
