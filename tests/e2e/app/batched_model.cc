// A model that says with whom each request shared its batch, and holds a batch while a file is there.
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <manta/manta.h>

namespace batched_model {

struct Text {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Text, (), (text))

struct Label {
  std::string label;
  int batch = 0;       // which batch it was, from 0
  int batch_size = 0;  // texts in it
};
BOOST_DESCRIBE_STRUCT(Label, (), (label, batch, batch_size))

class BatchedModel {
 public:
  explicit BatchedModel(std::string hold)
      : batcher_({.max_batch_size = 32, .batch_wait_timeout_s = 0.1},
                 [hold = std::move(hold), batches = std::make_shared<int>(0)](std::vector<std::string> texts) {
                   while (std::filesystem::exists(hold)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
                   std::vector<Label> labels;
                   for (std::string& text : texts)
                     labels.push_back({std::move(text), *batches, static_cast<int>(texts.size())});
                   ++*batches;
                   return labels;
                 }) {}

  manta::Task<Label> call(Text request) { co_return co_await batcher_.submit(std::move(request.text)); }
  using methods = manta::Methods<&BatchedModel::call>;

 private:
  manta::Batcher<std::string, Label> batcher_;
};

// args: `hold`, the file that stops the model while it is there.
manta::Application batched(const manta::Args& args) {
  const std::string hold = args.at("hold");
  return {.name = "batched",
          .ingress = manta::bind<BatchedModel>(hold).with(
              {.max_ongoing_requests = 100, .ray_actor_options = {.num_cpus = 0.1, .num_gpus = 1}})};
}
MANTA_APP(batched)

}  // namespace batched_model
