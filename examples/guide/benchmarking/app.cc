// Something to make load on.
#include <manta/manta.h>

class Greeter {
 public:
  std::string greet(std::string name) { return "Hello, " + name + "!"; }
  using methods = manta::Methods<manta::idempotent<&Greeter::greet>>;
};

manta::Application build() {
  return {.ingress =
              manta::bind<Greeter>().with({.max_ongoing_requests = 100, .ray_actor_options = {.num_cpus = 0.1}})};
}
MANTA_APP(build)
