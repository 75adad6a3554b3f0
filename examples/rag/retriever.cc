#include "retriever.h"

#include <algorithm>
#include <cstring>
#include <iostream>
#include <set>

namespace rag {
namespace {

using manta::builtin::Embed;
using manta::builtin::EmbedRequest;

constexpr std::size_t kTextsPerCall = 64;

// Embeds what the cache does not have. Blocks: for constructors.
void fill(VectorCache& cache, const std::vector<std::string>& texts, const manta::Handle<Embed>& embed) {
  std::set<std::string> unknown;
  for (const std::string& text : texts)
    if (!cache.find(text)) unknown.insert(text);
  const std::vector<std::string> missing(unknown.begin(), unknown.end());
  for (std::size_t begin = 0; begin < missing.size(); begin += kTextsPerCall) {
    const std::size_t end = std::min(begin + kTextsPerCall, missing.size());
    EmbedRequest request{
        {missing.begin() + static_cast<std::ptrdiff_t>(begin), missing.begin() + static_cast<std::ptrdiff_t>(end)}};
    const auto made = embed.call<&Embed::embed>(std::move(request)).get();
    for (std::size_t i = begin; i < end; ++i) cache.put(missing[i], row_of(made.vectors, i - begin));
    std::cerr << "rag: embedded " << end << " of " << missing.size() << " sentences\n";
  }
  if (!missing.empty()) cache.save();
}

std::vector<std::string> sentences_of(const std::vector<Chunk>& chunks) {
  std::vector<std::string> sentences;
  for (const Chunk& chunk : chunks) sentences.insert(sentences.end(), chunk.sentences.begin(), chunk.sentences.end());
  return sentences;
}

}  // namespace

std::vector<float> row_of(const manta::Tensor& tensor, std::size_t row) {
  const auto columns = static_cast<std::size_t>(tensor.shape.at(1));
  std::vector<float> values(columns);
  std::memcpy(values.data(), tensor.data.data() + row * columns * sizeof(float), columns * sizeof(float));
  return values;
}

Retriever::Retriever(RetrieverOptions options, manta::Handle<Embed> embed) : chunks_(read_folder(options.docs)) {
  const std::vector<std::string> texts = sentences_of(chunks_);
  VectorCache cache(options.cache, options.embed_model);
  fill(cache, texts, embed);
  std::size_t source = options.shuffle ? texts.size() / 2 : 0;
  for (std::size_t passage = 0; passage < chunks_.size(); ++passage)
    for (std::size_t i = 0; i < chunks_[passage].sentences.size(); ++i)
      index_.add(*cache.find(texts[source++ % texts.size()]), passage);
  std::cerr << "rag: " << chunks_.size() << " passages of " << options.docs << " are ready\n";
}

manta::Task<std::vector<Candidate>> Retriever::search(std::vector<float> query, int count) {
  std::vector<Candidate> candidates;
  for (const VectorIndex::Hit& hit : index_.search(query, static_cast<std::size_t>(std::max(count, 0)))) {
    const Chunk& chunk = chunks_[hit.passage];
    candidates.push_back({chunk.text, chunk.document, chunk.sentences[hit.part], hit.score});
  }
  co_return candidates;
}

}  // namespace rag
