#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace rag {

// Unit vectors, each of a part of some passage, searched by cosine. Immutable once filled.
class VectorIndex {
 public:
  struct Hit {
    std::size_t passage;
    std::size_t part;  // the nearest of the passage
    double score;      // its cosine, -1 to 1
  };

  // Vectors have one dimension. Those of a passage are added one after the other, passages from 0 on.
  void add(std::span<const float> vector, std::size_t passage);
  // The best `count` passages by their nearest parts, best first; equal ones in their order.
  std::vector<Hit> search(std::span<const float> query, std::size_t count) const;

 private:
  std::size_t dimensions_ = 0;
  std::vector<float> values_;
  std::vector<std::size_t> passages_;  // of each vector
};

// Vectors of texts that were embedded before, in one file; found by content and model. A file that is missing or
// damaged is an empty cache.
class VectorCache {
 public:
  VectorCache(std::string folder, const std::string& model);
  const std::vector<float>* find(const std::string& text) const;
  void put(const std::string& text, std::vector<float> vector);
  void save() const;  // replaces the file as a whole; failing to write is reported and otherwise harmless

 private:
  struct Entry {
    std::uint64_t key;
    std::vector<float> vector;
  };
  void load();

  std::string folder_, path_;
  std::vector<Entry> entries_;  // sorted by key
};

}  // namespace rag
