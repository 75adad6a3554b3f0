// The wiring, and what one replica of each model holds: `manta run examples/pipeline/app.yaml`.
#include <string>
#include <utility>

#include <manta/manta.h>

#include "pipeline.h"

namespace {

// How long the models take; of the language model, for the options of the engine "sim".
struct PipelineArgs {
  double ocr_ms = 100, ner_ms = 150, classifier_ms = 50;
  int ttft_ms = 20, itl_ms = 5;
};
BOOST_DESCRIBE_STRUCT(PipelineArgs, (), (ocr_ms, ner_ms, classifier_ms, ttft_ms, itl_ms))

manta::DeploymentConfig holding(std::string name, double num_cpus, double num_gpus, int replicas = 1) {
  return {.name = std::move(name),
          .num_replicas = replicas,
          .max_ongoing_requests = 32,
          .ray_actor_options = {.num_cpus = num_cpus, .num_gpus = num_gpus}};
}

// Models of a quarter GPU share one; the language model spans four, which must be whole and on one node.
manta::Application build(const manta::Args& given) {
  using namespace pipeline;
  const auto args = given.as<PipelineArgs>();
  const manta::builtin::LlmOptions llm{
      .id = "llm",
      .engine = "sim",
      .slots = 32,
      .engine_options = {{"ttft_ms", std::to_string(args.ttft_ms)}, {"itl_ms", std::to_string(args.itl_ms)}}};
  return {
      .name = "pipeline",
      .ingress = manta::bind<Pipeline>(
                     manta::bind<OCR>(ModelTime{args.ocr_ms}).with(holding("OCR", 2, 0)),
                     manta::bind<NER>(ModelTime{args.ner_ms}).with(holding("NER", 0.5, 0.25, 4)),
                     manta::bind<manta::builtin::Llm>(llm).with(holding("LLM", 1, 4)),
                     manta::bind<Classifier>(ModelTime{args.classifier_ms}).with(holding("Classifier", 0.5, 0.25, 4)))
                     .with(holding("Pipeline", 0.5, 0))};
}

}  // namespace

MANTA_APP(build)
