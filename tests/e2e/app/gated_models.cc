// Models that load and warm up as slowly as a test wants: each waits for files in a folder, and leaves files there
// that tell how far it is.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>

#include <manta/manta.h>

namespace gated_models {

struct Gate {
  std::string folder, model;
};
BOOST_DESCRIBE_STRUCT(Gate, (), (folder, model))

// Says that the model has come to `step` and holds it there until the test lets it go on.
void pass(const Gate& gate, const std::string& step) {
  const std::string path = gate.folder + "/" + gate.model + "." + step;
  std::ofstream(path + ".reached").flush();
  while (!std::filesystem::exists(path)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

struct Words {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Words, (), (text))

class Model {
 public:
  explicit Model(Gate gate) : gate_(std::move(gate)) { pass(gate_, "load"); }
  bool warm_up() {
    pass(gate_, "warm");
    warm_ = true;
    return warm_;
  }
  Words call(Words words) { return {words.text + (warm_ ? " (warm)" : " (cold)")}; }
  using methods = manta::Methods<&Model::warm_up, &Model::call>;

 private:
  Gate gate_;
  bool warm_ = false;
};

// The door of both models: its own readiness says nothing of theirs.
class Front {
 public:
  Front(manta::Handle<Model> embed, manta::Handle<Model> llm) : embed_(std::move(embed)), llm_(std::move(llm)) {}
  manta::Task<Words> call(Words words) {
    auto embedded = embed_.call<&Model::call>(std::move(words));
    Words between = co_await embedded;
    auto generated = llm_.call<&Model::call>(std::move(between));
    co_return co_await generated;
  }
  using methods = manta::Methods<&Front::call>;

 private:
  manta::Handle<Model> embed_, llm_;
};

manta::Application gated(const manta::Args& args) {
  const auto model = [&](std::string name) {
    return manta::bind<Model>(Gate{args.at("folder"), name})
        .with({.name = name, .ray_actor_options = {.num_cpus = 0.1}, .warmup = {{.method = "warm_up"}}});
  };
  return {.name = "gated",
          .ingress = manta::bind<Front>(model("Embed"), model("LLM")).with({.ray_actor_options = {.num_cpus = 0.1}})};
}
MANTA_APP(gated)

}  // namespace gated_models
