#pragma once

#include <string>
#include <vector>

#include <manta/builtin/llm.h>
#include <manta/handle.h>

#include "models.h"

namespace pipeline {

struct Processed {
  std::string text;
  std::vector<Entity> entities;
  std::string summary;
  std::string classification;
};
BOOST_DESCRIBE_STRUCT(Processed, (), (text, entities, summary, classification))

// The ingress: a document through four models.
class Pipeline {
 public:
  using Llm = manta::builtin::Llm;

  Pipeline(manta::Handle<OCR> ocr, manta::Handle<NER> ner, manta::Handle<Llm> llm, manta::Handle<Classifier> classifier)
      : ocr_(std::move(ocr)), ner_(std::move(ner)), llm_(std::move(llm)), classifier_(std::move(classifier)) {}

  // Reading and classifying go on side by side, and then naming and summarising: what needs nothing of another model
  // does not wait for it.
  manta::Task<Processed> process(Document document);
  // The same, one model after the other: for comparison.
  manta::Task<Processed> process_in_turn(Document document);

  using methods = manta::Methods<manta::idempotent<&Pipeline::process>, manta::idempotent<&Pipeline::process_in_turn>>;

 private:
  manta::Handle<OCR> ocr_;
  manta::Handle<NER> ner_;
  manta::Handle<Llm> llm_;
  manta::Handle<Classifier> classifier_;
};

}  // namespace pipeline
