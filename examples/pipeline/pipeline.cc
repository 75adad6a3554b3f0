#include "pipeline.h"

#include <utility>

namespace pipeline {
namespace {

using manta::builtin::GenerateRequest;
using manta::builtin::Generation;

GenerateRequest summarize(const std::string& text) {
  return {.prompt = "Summarize in one sentence:\n" + text, .max_tokens = 36, .temperature = 0};
}

}  // namespace

// A call starts when it is made, not when it is awaited.
manta::Task<Processed> Pipeline::process(Document document) {
  auto classification = classifier_.call<&Classifier::classify>(document.metadata);
  auto text = ocr_.call<&OCR::extract>(std::move(document));
  Processed processed;
  processed.text = co_await text;
  auto entities = ner_.call<&NER::extract>(processed.text);
  auto summary = llm_.call<&Llm::generate>(summarize(processed.text));
  processed.entities = co_await entities;
  Generation generation = co_await summary;
  processed.summary = std::move(generation.text);
  processed.classification = co_await classification;
  co_return processed;
}

manta::Task<Processed> Pipeline::process_in_turn(Document document) {
  Processed processed;
  auto classification = classifier_.call<&Classifier::classify>(document.metadata);
  processed.classification = co_await classification;
  auto text = ocr_.call<&OCR::extract>(std::move(document));
  processed.text = co_await text;
  auto entities = ner_.call<&NER::extract>(processed.text);
  processed.entities = co_await entities;
  auto summary = llm_.call<&Llm::generate>(summarize(processed.text));
  Generation generation = co_await summary;
  processed.summary = std::move(generation.text);
  co_return processed;
}

}  // namespace pipeline
