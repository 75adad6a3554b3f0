#include "replica/response_cache.h"

#include <utility>

namespace manta::replica {
namespace {

constexpr std::size_t kEntryBytes = 256;  // of the containers, about

}  // namespace

const net::Response* ResponseCache::find(std::string_view key, TimePoint now) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  const Entries::iterator entry = found->second;
  if (entry->until <= now) {
    erase(entry);
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return &entry->response;
}

void ResponseCache::keep(std::string key, net::Response response, TimePoint until) {
  if (const auto known = by_key_.find(key); known != by_key_.end()) erase(known->second);
  const std::size_t bytes = kEntryBytes + key.size() + response.headers.bytes() + response.body.size();
  if (bytes > max_bytes_) return;
  entries_.push_front({std::move(key), std::move(response), until, bytes});
  by_key_.emplace(entries_.front().key, entries_.begin());
  bytes_ += bytes;
  evict();
}

void ResponseCache::set_max_bytes(std::size_t max_bytes) {
  max_bytes_ = max_bytes;
  evict();
}

void ResponseCache::clear() {
  by_key_.clear();
  entries_.clear();
  bytes_ = 0;
}

void ResponseCache::erase(Entries::iterator entry) {
  by_key_.erase(entry->key);
  bytes_ -= entry->bytes;
  entries_.erase(entry);
}

void ResponseCache::evict() {
  while (bytes_ > max_bytes_) {
    erase(std::prev(entries_.end()));
    ++evictions_;
  }
}

}  // namespace manta::replica
