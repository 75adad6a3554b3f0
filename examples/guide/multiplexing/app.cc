// Many models in one replica; the models are only names here.
#include <manta/manta.h>

class Model {
 public:
  explicit Model(std::string path) : path_(std::move(path)) {}
  std::string run(const std::string& text) const { return path_ + ": " + text; }

 private:
  std::string path_;
};

// [whole]
class Translator {
 public:
  manta::Task<std::string> translate(std::string text) {
    auto getting = models_.get();  // the model that the request names
    const std::shared_ptr<Model> model = co_await getting;
    co_return model->run(text);
  }
  using methods = manta::Methods<&Translator::translate>;

 private:
  manta::Multiplexed<Model> models_{
      3, [](const std::string& id) { return std::make_shared<Model>("models/" + id + ".onnx"); }};
};
// [/whole]

manta::Application build() {
  return {.ingress = manta::bind<Translator>().with({.num_replicas = 2, .ray_actor_options = {.num_cpus = 0.1}})};
}
MANTA_APP(build)
