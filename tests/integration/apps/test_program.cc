// The smallest executable that holds its application.
#include <string>

#include <manta/manta.h>

namespace {

struct Greeter {
  std::string call(std::string name) { return "hello " + name; }
  using methods = manta::Methods<&Greeter::call>;
};

manta::Application build(const manta::Args&) {
  return {.name = "greeter", .ingress = manta::bind<Greeter>().with({.ray_actor_options = {.num_cpus = 0.1}})};
}

}  // namespace

int main(int argc, char** argv) { return manta::main(argc, argv, build); }
