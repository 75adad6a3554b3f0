// One deployment that says where it runs and what it holds, and may start a stand-in engine with workers of its own.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <utility>

#include <unistd.h>

#include <manta/manta.h>

struct Options {
  std::string engine;  // command line of a process that the constructor starts; its first line tells how it went
};
BOOST_DESCRIBE_STRUCT(Options, (), (engine))

struct Who {
  int pid = 0, rank = 0, world_size = 0, node_rank = -1, local_rank = -1;
  std::string gang_id;
  std::uint64_t gang_epoch = 0;
  std::string gpus;    // CUDA_VISIBLE_DEVICES
  std::string engine;  // what the engine said
};
BOOST_DESCRIBE_STRUCT(Who, (), (pid, rank, world_size, node_rank, local_rank, gang_id, gang_epoch, gpus, engine))

class Worker {
 public:
  explicit Worker(const Options& options) {
    if (options.engine.empty()) return;
    engine_ = ::popen(options.engine.c_str(), "r");
    char line[4096] = "";
    if (engine_ == nullptr || std::fgets(line, sizeof line, engine_) == nullptr)
      throw std::runtime_error("the engine said nothing");
    said_ = line;
    while (said_.ends_with('\n')) said_.pop_back();
    if (!said_.starts_with("ready")) throw std::runtime_error("the engine failed: " + said_);
  }

  Who who() {
    const manta::ReplicaContext& context = manta::replica_context();
    const char* gpus = std::getenv("CUDA_VISIBLE_DEVICES");
    return {.pid = static_cast<int>(::getpid()),
            .rank = context.rank,
            .world_size = context.world_size,
            .node_rank = context.node_rank,
            .local_rank = context.local_rank,
            .gang_id = context.gang_id,
            .gang_epoch = context.gang_epoch,
            .gpus = gpus == nullptr ? "" : gpus,
            .engine = said_};
  }
  using methods = manta::Methods<manta::idempotent<&Worker::who>>;

 private:
  std::FILE* engine_ = nullptr;
  std::string said_;
};

struct Processed {
  Who ocr, ner, llm, classifier;
};
BOOST_DESCRIBE_STRUCT(Processed, (), (ocr, ner, llm, classifier))

// A document through four models: reading it and classifying it go on beside each other, and so do the two that need
// its text.
class Pipeline {
 public:
  using Model = manta::Handle<Worker>;
  Pipeline(Model ocr, Model ner, Model llm, Model classifier)
      : ocr_(std::move(ocr)), ner_(std::move(ner)), llm_(std::move(llm)), classifier_(std::move(classifier)) {}

  manta::Task<Processed> process() {
    auto ocr = ocr_.call<&Worker::who>();
    auto classifier = classifier_.call<&Worker::who>();
    Processed processed{.ocr = co_await std::move(ocr)};
    auto ner = ner_.call<&Worker::who>();
    auto llm = llm_.call<&Worker::who>();
    processed.ner = co_await std::move(ner);
    processed.llm = co_await std::move(llm);
    processed.classifier = co_await std::move(classifier);
    co_return processed;
  }
  using methods = manta::Methods<&Pipeline::process>;

 private:
  Model ocr_, ner_, llm_, classifier_;
};

manta::Application build_pipeline(const manta::Args&) {
  const auto model = [](std::string name, int replicas, double gpus) {
    return manta::bind<Worker>(Options{}).with(
        {.name = std::move(name), .num_replicas = replicas, .ray_actor_options = {.num_cpus = 0.1, .num_gpus = gpus}});
  };
  return {.name = "pipeline",
          .ingress = manta::bind<Pipeline>(model("OCR", 1, 0), model("NER", 4, 0.25), model("LLM", 1, 4),
                                           model("Classifier", 4, 0.25))
                         .with({.ray_actor_options = {.num_cpus = 0.1}})};
}
MANTA_APP(build_pipeline)

manta::Application build(const manta::Args& args) {
  return {.name = "place",
          .ingress = manta::bind<Worker>(args.as<Options>()).with({.ray_actor_options = {.num_cpus = 0.1}})};
}
MANTA_APP(build)
