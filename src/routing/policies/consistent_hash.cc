#include "routing/policies/consistent_hash.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "routing/policies/hash.h"

namespace manta::routing {
namespace {

std::uint64_t key_of(const RequestContext* request, Rng& rng) {
  if (!request) return rng();
  if (!request->session_id.empty()) return stable_hash(request->session_id);
  if (!request->tenant.empty()) return stable_hash(request->tenant);
  return request->request_id.empty() ? rng() : stable_hash(request->request_id);
}

class ConsistentHash {
 public:
  explicit ConsistentHash(const spec::ConsistentHashOptions& options) : options_(options) {}

  std::optional<std::size_t> operator()(std::span<const ReplicaLoad> candidates, const PolicyInput& input, Rng& rng) {
    if (candidates.empty()) return std::nullopt;
    if (input.membership != membership_ || ring_.empty()) build(input);
    const std::int64_t bound = place(input);
    std::optional<std::size_t> first;
    const std::uint64_t key = key_of(input.request, rng);
    auto point = std::ranges::lower_bound(ring_, key, {}, &Point::at);
    ++round_;
    for (std::size_t i = 0, passed = 0; i < ring_.size() && passed < candidates.size(); ++i, ++point) {
      if (point == ring_.end()) point = ring_.begin();
      Place& place = places_[point->number];
      if (place.index >= candidates.size() || place.seen == round_) continue;
      place.seen = round_;
      if (load_at(candidates[place.index], input.now) < bound) return place.index;
      if (!first) first = place.index;
      ++passed;
    }
    return first;
  }

 private:
  struct Point {
    std::uint64_t at;
    std::uint32_t number;  // of the replica
  };
  struct Place {
    std::size_t index = 0;  // among all replicas, at this decision
    std::uint64_t seen = 0;
  };

  void build(const PolicyInput& input) {
    membership_ = input.membership;
    ring_.clear();
    std::size_t numbers = 0;
    for (const ReplicaLoad& replica : input.all) {
      numbers = std::max<std::size_t>(numbers, replica.number + std::size_t{1});
      for (int i = 0; i < options_.vnodes; ++i)
        ring_.push_back({mixed(replica.id_hash + static_cast<std::uint64_t>(i)), replica.number});
    }
    places_.assign(numbers, {});
    std::ranges::sort(ring_, {}, &Point::at);
  }

  // Notes where each replica is now; returns the load from which on one is passed over.
  std::int64_t place(const PolicyInput& input) {
    std::int64_t total = 1;  // with this request
    for (std::size_t i = 0; i < input.all.size(); ++i) {
      places_[input.all[i].number].index = i;
      total += load_at(input.all[i], input.now);
    }
    const double mean = static_cast<double>(total) / static_cast<double>(input.all.size());
    return std::max<std::int64_t>(options_.min_load, std::llround(std::ceil(options_.load_factor * mean)));
  }

  const spec::ConsistentHashOptions options_;
  std::uint64_t membership_ = 0;
  std::uint64_t round_ = 0;
  std::vector<Point> ring_;    // by place
  std::vector<Place> places_;  // by number
};

}  // namespace

Policy consistent_hash(const spec::ConsistentHashOptions& options) { return ConsistentHash(options); }

}  // namespace manta::routing
