// A shared object with applications for load_artifact_test.
#include <manta/manta.h>

namespace {

struct Hello {
  explicit Hello(std::string) {}
  std::string call() { return "hello"; }
  using methods = manta::Methods<&Hello::call>;
};

manta::Application build(const manta::Args& args) {
  return {.name = "hello", .ingress = manta::bind<Hello>(args.at("greeting"))};
}

std::vector<manta::Application> several() {
  return {{.name = "one", .ingress = manta::bind<Hello>("1")}, {.name = "two", .ingress = manta::bind<Hello>("2")}};
}

}  // namespace

MANTA_APP(build)
MANTA_APP(several)

extern "C" __attribute__((visibility("default")))
const manta::detail::ArtifactEntry manta_app_old = {0, "0.0.1", nullptr};
