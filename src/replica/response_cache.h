#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "net/message.h"

namespace manta::replica {

// Answers by key, each for a time, bounded in bytes: the least recently used go first. Pure: time comes in.
class ResponseCache {
 public:
  explicit ResponseCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // The answer kept under the key, from now on the most recently used; nullptr when there is none any more. Valid until
  // the next change.
  const net::Response* find(std::string_view key, TimePoint now);
  // Replaces what was kept under the key. An entry that alone exceeds the bytes is not kept.
  void keep(std::string key, net::Response response, TimePoint until);
  void set_max_bytes(std::size_t max_bytes);
  void clear();

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t evictions() const { return evictions_; }  // for want of room, since the start

 private:
  struct Entry {
    std::string key;
    net::Response response;
    TimePoint until;
    std::size_t bytes;
  };
  using Entries = std::list<Entry>;
  void erase(Entries::iterator entry);
  void evict();

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::size_t evictions_ = 0;
  Entries entries_;                                                 // the most recently used in front
  std::unordered_map<std::string_view, Entries::iterator> by_key_;  // keys live in the entries
};

}  // namespace manta::replica
