#include "retriever.h"

#include <algorithm>
#include <cstring>
#include <iostream>

namespace rag {
namespace {

using manta::builtin::Embed;
using manta::builtin::EmbedRequest;

constexpr std::size_t kTextsPerCall = 16;

// Embeds what the cache does not have. Blocks: for constructors.
void fill(VectorCache& cache, const std::vector<Chunk>& chunks, const manta::Handle<Embed>& embed) {
  std::vector<std::string> missing;
  for (const Chunk& chunk : chunks)
    if (!cache.find(chunk.text)) missing.push_back(chunk.text);
  for (std::size_t begin = 0; begin < missing.size(); begin += kTextsPerCall) {
    const std::size_t end = std::min(begin + kTextsPerCall, missing.size());
    EmbedRequest request{
        {missing.begin() + static_cast<std::ptrdiff_t>(begin), missing.begin() + static_cast<std::ptrdiff_t>(end)}};
    const auto made = embed.call<&Embed::embed>(std::move(request)).get();
    for (std::size_t i = begin; i < end; ++i) cache.put(missing[i], row_of(made.vectors, i - begin));
    std::cerr << "rag: embedded " << end << " of " << missing.size() << " passages\n";
  }
  if (!missing.empty()) cache.save();
}

}  // namespace

std::vector<float> row_of(const manta::Tensor& tensor, std::size_t row) {
  const auto columns = static_cast<std::size_t>(tensor.shape.at(1));
  std::vector<float> values(columns);
  std::memcpy(values.data(), tensor.data.data() + row * columns * sizeof(float), columns * sizeof(float));
  return values;
}

Retriever::Retriever(RetrieverOptions options, manta::Handle<Embed> embed) : chunks_(read_folder(options.docs)) {
  VectorCache cache(options.cache, options.embed_model);
  fill(cache, chunks_, embed);
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const std::size_t source = options.shuffle ? (i + chunks_.size() / 2) % chunks_.size() : i;
    index_.add(*cache.find(chunks_[source].text));
  }
  std::cerr << "rag: " << chunks_.size() << " passages of " << options.docs << " are ready\n";
}

manta::Task<std::vector<Passage>> Retriever::search(std::vector<float> query, int count) {
  std::vector<Passage> passages;
  for (const VectorIndex::Hit& hit : index_.search(query, static_cast<std::size_t>(std::max(count, 0))))
    passages.push_back({chunks_[hit.row].text, chunks_[hit.row].document, hit.score});
  co_return passages;
}

}  // namespace rag
