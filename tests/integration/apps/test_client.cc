// A program that asks a running instance: test_client ADMIN_PORT DEPLOYMENT [APPLICATION]. Prints the application of
// the replica that answers, or what went wrong.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <manta/client.h>

int main(int argc, char** argv) try {
  if (argc < 3) return 2;
  const std::string application = argc > 3 ? argv[3] : "";
  const auto handle = manta::get_deployment_handle(argv[2], application, {.admin_port = std::atoi(argv[1])});
  const auto answer = handle.call<manta::WhereAmI>("where_am_i").get(std::chrono::seconds(10));
  std::printf("%s\n", answer.application.c_str());
  return 0;
} catch (const std::exception& exception) {
  std::printf("%s\n", exception.what());
  return 1;
}
