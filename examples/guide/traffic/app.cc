// Three versions of a model side by side; and two behind an ABRouter.
#include <string>

#include <manta/builtin/ab_router.h>
#include <manta/manta.h>

struct Question {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Question, (), (text))

class Model {
 public:
  explicit Model(std::string version) : version_(std::move(version)) {}

  manta::Task<std::string> call(Question question) { co_return version_ + " says " + question.text; }
  using methods = manta::Methods<&Model::call>;

 private:
  std::string version_;
};

manta::Bound<Model> model(const std::string& name) {
  return manta::bind<Model>(name).with({.name = name, .ray_actor_options = {.num_cpus = 0.1}});
}

// [variants]
manta::Application build() { return {.ingress = model("ModelV1"), .variants = {model("ModelV2"), model("ModelV3")}}; }
// [/variants]
MANTA_APP(build)

// [router]
manta::Application build_ab() {
  return {.name = "ab", .ingress = manta::builtin::ab_router(model("Stable"), model("Experimental"), 0.95)};
}
// [/router]
MANTA_APP(build_ab)
