// A deployment that runs a model on batches; the model only counts letters.
#include <manta/manta.h>

class Model {
 public:
  explicit Model(const std::string& /* path */) {}
  std::vector<std::vector<float>> embed(const std::vector<std::string>& texts) const {
    std::vector<std::vector<float>> vectors;
    for (const std::string& text : texts) vectors.push_back({static_cast<float>(text.size())});
    return vectors;
  }
};

// [whole]
class Embed {
 public:
  explicit Embed(std::string path)
      : model_(std::make_shared<Model>(path)),
        batcher_(
            {.max_batch_size = 32, .batch_wait_timeout_s = 0.01},
            [model = model_](std::vector<std::string> texts) { return model->embed(texts); },
            [](const std::string& text) { return static_cast<double>(text.size()); }, "embed") {}

  manta::Task<std::vector<float>> embed(std::string text) { co_return co_await batcher_.submit(text); }
  using methods = manta::Methods<manta::idempotent<&Embed::embed>>;

 private:
  std::shared_ptr<Model> model_;
  manta::Batcher<std::string, std::vector<float>> batcher_;
};
// [/whole]

// [stream]
// Counts down from each number, all numbers of a batch side by side.
class Countdown {
 public:
  manta::Task<void> count(int from, manta::Writer<int> out) { co_await batcher_.submit(from, out); }
  using methods = manta::Methods<&Countdown::count>;

 private:
  static void run(std::vector<int> numbers, manta::BatchStreams<int, int>& out) {
    for (int step = 0; out.any_wanted(); ++step)
      for (std::size_t i = 0; i < numbers.size(); ++i)
        if (step < numbers[i])
          out.write(i, numbers[i] - step);
        else
          out.end(i);
  }
  manta::StreamBatcher<int, int> batcher_{{.max_batch_size = 8}, run, nullptr, "countdown"};
};
// [/stream]

manta::Application build(const manta::Args& args) {
  return {.name = "embed",
          .ingress = manta::bind<Embed>(args.get("model", "minilm")).with({.ray_actor_options = {.num_cpus = 0.1}})};
}
manta::Application build_countdown(const manta::Args&) {
  return {.name = "countdown", .ingress = manta::bind<Countdown>().with({.ray_actor_options = {.num_cpus = 0.1}})};
}
MANTA_APP(build_countdown)
MANTA_APP(build)
