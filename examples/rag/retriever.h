#pragma once

#include <memory>
#include <string>
#include <vector>

#include <manta/builtin/embed.h>
#include <manta/handle.h>

#include "chunks.h"
#include "vector_index.h"

namespace rag {

struct RetrieverOptions {
  std::string docs = "docs";         // folder of the documents
  std::string cache = ".cache/rag";  // folder where vectors are kept between starts
  std::string embed_model;           // vectors of another model are not reused
  bool shuffle = false;              // for a test: gives every passage the vector of another one
};
BOOST_DESCRIBE_STRUCT(RetrieverOptions, (), (docs, cache, embed_model, shuffle))

struct Passage {
  std::string text;
  std::string document;
  double score = 0;
};
BOOST_DESCRIBE_STRUCT(Passage, (), (text, document, score))

// The passages of a folder by their vectors. The constructor embeds those that are not in the cache, with progress on
// standard error.
class Retriever {
 public:
  Retriever(RetrieverOptions options, manta::Handle<manta::builtin::Embed> embed);
  // The `count` passages nearest to the unit vector `query`, by cosine, best first.
  manta::Task<std::vector<Passage>> search(std::vector<float> query, int count);

  using methods = manta::Methods<manta::idempotent<&Retriever::search>>;

 private:
  std::vector<Chunk> chunks_;
  VectorIndex index_;
};

// Row `row` of a float32 tensor of shape [rows, columns].
std::vector<float> row_of(const manta::Tensor& tensor, std::size_t row);

}  // namespace rag
