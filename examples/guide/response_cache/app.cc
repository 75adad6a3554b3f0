// A slow model whose answer depends on its argument alone.
#include <chrono>

#include <manta/manta.h>

// [whole]
class Translate {
 public:
  manta::Task<std::string> translate(std::string text) {
    co_await manta::sleep(std::chrono::milliseconds(200));
    co_return "<" + text + ">";
  }
  using methods = manta::Methods<manta::idempotent<&Translate::translate>>;
};
// [/whole]

manta::Application build(const manta::Args&) {
  return {.ingress = manta::bind<Translate>().with({.ray_actor_options = {.num_cpus = 0.1}})};
}
MANTA_APP(build)
