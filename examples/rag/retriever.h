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
  bool shuffle = false;              // for a test: gives every sentence the vector of another one
};
BOOST_DESCRIBE_STRUCT(RetrieverOptions, (), (docs, cache, embed_model, shuffle))

// A passage that is near to a query.
struct Candidate {
  std::string text;
  std::string document;
  std::string sentence;  // the one of its sentences that is nearest
  double cosine = 0;     // of that sentence and the query
};
BOOST_DESCRIBE_STRUCT(Candidate, (), (text, document, sentence, cosine))

// The passages of a folder by the vectors of their sentences. The constructor embeds those that are not in the cache,
// with progress on standard error.
class Retriever {
 public:
  Retriever(RetrieverOptions options, manta::Handle<manta::builtin::Embed> embed);
  // The `count` passages with the sentences nearest to the unit vector `query`, by cosine, best first.
  manta::Task<std::vector<Candidate>> search(std::vector<float> query, int count);

  using methods = manta::Methods<manta::idempotent<&Retriever::search>>;

 private:
  std::vector<Chunk> chunks_;
  VectorIndex index_;
};

// Row `row` of a float32 tensor of shape [rows, columns].
std::vector<float> row_of(const manta::Tensor& tensor, std::size_t row);

}  // namespace rag
