#include "vector_index.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <numeric>

namespace rag {
namespace {

std::uint64_t key_of(std::string_view text) {  // FNV-1a
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return hash;
}

constexpr std::uint32_t kMaxDimensions = 1 << 16;

}  // namespace

void VectorIndex::add(std::span<const float> vector, std::size_t passage) {
  dimensions_ = vector.size();
  values_.insert(values_.end(), vector.begin(), vector.end());
  passages_.push_back(passage);
}

std::vector<VectorIndex::Hit> VectorIndex::search(std::span<const float> query, std::size_t count) const {
  if (query.size() != dimensions_) return {};
  std::vector<Hit> hits;
  for (std::size_t row = 0, part = 0; row < passages_.size(); ++row, ++part) {
    const double score = std::inner_product(query.begin(), query.end(),
                                            values_.begin() + static_cast<std::ptrdiff_t>(row * dimensions_), 0.0);
    if (hits.empty() || hits.back().passage != passages_[row]) hits.push_back({passages_[row], part = 0, score});
    if (score > hits.back().score) hits.back() = {passages_[row], part, score};
  }
  std::ranges::sort(
      hits, [](const Hit& a, const Hit& b) { return a.score != b.score ? a.score > b.score : a.passage < b.passage; });
  if (hits.size() > count) hits.erase(hits.begin() + static_cast<std::ptrdiff_t>(count), hits.end());
  return hits;
}

VectorCache::VectorCache(std::string folder, const std::string& model)
    : folder_(std::move(folder)), path_(folder_ + "/" + std::to_string(key_of(model)) + ".vectors") {
  load();
}

void VectorCache::load() {
  std::ifstream file(path_, std::ios::binary);
  std::uint64_t key = 0;
  std::uint32_t size = 0;
  while (file.read(reinterpret_cast<char*>(&key), sizeof key) &&
         file.read(reinterpret_cast<char*>(&size), sizeof size) && size <= kMaxDimensions) {
    std::vector<float> vector(size);
    if (!file.read(reinterpret_cast<char*>(vector.data()), static_cast<std::streamsize>(size * sizeof(float)))) return;
    entries_.push_back({key, std::move(vector)});
  }
  std::ranges::sort(entries_, {}, &Entry::key);
}

const std::vector<float>* VectorCache::find(const std::string& text) const {
  const auto found = std::ranges::lower_bound(entries_, key_of(text), {}, &Entry::key);
  return found != entries_.end() && found->key == key_of(text) ? &found->vector : nullptr;
}

void VectorCache::put(const std::string& text, std::vector<float> vector) {
  const auto at = std::ranges::lower_bound(entries_, key_of(text), {}, &Entry::key);
  entries_.insert(at, {key_of(text), std::move(vector)});
}

void VectorCache::save() const {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  const std::string partial = path_ + ".part";
  std::ofstream file(partial, std::ios::binary | std::ios::trunc);
  for (const Entry& entry : entries_) {
    const auto size = static_cast<std::uint32_t>(entry.vector.size());
    file.write(reinterpret_cast<const char*>(&entry.key), sizeof entry.key);
    file.write(reinterpret_cast<const char*>(&size), sizeof size);
    file.write(reinterpret_cast<const char*>(entry.vector.data()), static_cast<std::streamsize>(size * sizeof(float)));
  }
  file.close();
  if (file) std::filesystem::rename(partial, path_, error);
  if (!file || error)
    std::cerr << "rag: cannot write the cache " << path_ << "; documents are embedded again at the next start\n";
}

}  // namespace rag
