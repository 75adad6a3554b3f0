#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace rag {

// Unit vectors of passages, searched by cosine. Immutable once filled.
class VectorIndex {
 public:
  struct Hit {
    std::size_t row;
    double score;  // cosine, -1 to 1
  };

  void add(std::span<const float> vector);  // all of one dimension
  // The best `count` rows, best first.
  std::vector<Hit> search(std::span<const float> query, std::size_t count) const;
  std::size_t rows() const { return dimensions_ == 0 ? 0 : values_.size() / dimensions_; }

 private:
  std::size_t dimensions_ = 0;
  std::vector<float> values_;
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
