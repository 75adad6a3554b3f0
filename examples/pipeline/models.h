#pragma once

#include <map>
#include <string>
#include <vector>

#include <manta/deployment.h>
#include <manta/task.h>

namespace pipeline {

struct Document {
  std::vector<std::string> pages;               // what a scanner would give, here as text with its line breaks
  std::map<std::string, std::string> metadata;  // title, author, ...
};
BOOST_DESCRIBE_STRUCT(Document, (), (pages, metadata))

struct Entity {
  std::string name;
  int count = 0;  // how often the text has it
};
BOOST_DESCRIBE_STRUCT(Entity, (), (name, count))

// Stand-ins for models: they do a plain version of the work, and take as long as the model would.
struct ModelTime {
  double ms = 0;  // of one call
};
BOOST_DESCRIBE_STRUCT(ModelTime, (), (ms))

// Pages become one text: words that a line break cut are joined, white space is one space.
class OCR {
 public:
  explicit OCR(ModelTime time) : time_(time) {}
  manta::Task<std::string> extract(Document document);
  using methods = manta::Methods<manta::idempotent<&OCR::extract>>;

 private:
  ModelTime time_;
};

// Names in a text: words with capital letters that stand together and begin no sentence. The most frequent first, then
// by name.
class NER {
 public:
  explicit NER(ModelTime time) : time_(time) {}
  manta::Task<std::vector<Entity>> extract(std::string text);
  using methods = manta::Methods<manta::idempotent<&NER::extract>>;

 private:
  ModelTime time_;
};

// The kind of a document, from its metadata alone: "contract", "invoice", "letter" or "other".
class Classifier {
 public:
  explicit Classifier(ModelTime time) : time_(time) {}
  manta::Task<std::string> classify(std::map<std::string, std::string> metadata);
  using methods = manta::Methods<manta::idempotent<&Classifier::classify>>;

 private:
  ModelTime time_;
};

}  // namespace pipeline
