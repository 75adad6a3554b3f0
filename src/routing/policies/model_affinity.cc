#include "routing/policies/model_affinity.h"

#include <algorithm>
#include <list>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace manta::routing {
namespace {

// A replica that this caller sent a request for the model to.
struct Holder {
  ReplicaKey key;
  TimePoint since, used_at;
  bool was_listed = false;  // by the replica itself
};

struct Model {
  std::string id;
  std::vector<Holder> holders;
};

class ModelAffinity {
 public:
  explicit ModelAffinity(Policy& otherwise) : otherwise_(otherwise) {}

  std::optional<std::size_t> operator()(std::span<const ReplicaLoad> candidates, const PolicyInput& input, Rng& rng) {
    Model& model = used(input.request->multiplexed_model_id);
    std::erase_if(model.holders, [&](const Holder& holder) { return input.now - holder.used_at >= kHolderLife; });
    auto choice = among(model, candidates, input.now);
    if (!choice) choice = otherwise_(candidates, input, rng);
    if (choice) note(model, candidates[*choice].key, input.now);
    return choice;
  }

 private:
  // The model's entry, moved to the front; the one used longest ago makes room for a new one.
  Model& used(std::string_view id) {
    const auto known = by_id_.find(id);
    if (known != by_id_.end()) {
      models_.splice(models_.begin(), models_, known->second);
      return models_.front();
    }
    if (models_.size() >= kModels) {
      by_id_.erase(models_.back().id);
      models_.pop_back();
    }
    models_.push_front({.id = std::string(id), .holders = {}});
    by_id_.emplace(models_.front().id, models_.begin());
    return models_.front();
  }

  // What the replica says counts. While it has not listed the model it may be loading it for a request sent there.
  static bool holds(Model& model, const ReplicaLoad& replica, TimePoint now) {
    const auto holder = std::ranges::find(model.holders, replica.key, &Holder::key);
    const bool sent_there = holder != model.holders.end();
    if (!replica.told || !replica.told->models) return sent_there;
    const bool listed = std::ranges::binary_search(*replica.told->models, model.id);
    if (!sent_there) return listed;
    if (listed) holder->was_listed = true;
    if (listed || (!holder->was_listed && now - holder->since < kLongestLoad)) return true;
    model.holders.erase(holder);
    return false;
  }

  static std::optional<std::size_t> among(Model& model, std::span<const ReplicaLoad> candidates, TimePoint now) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const ReplicaLoad& replica = candidates[i];
      const std::int32_t load = load_at(replica, now);
      const bool has_room = 2 * load < std::max(2, replica.max_ongoing);
      if (!has_room || !holds(model, replica, now)) continue;
      if (!best || load < load_at(candidates[*best], now)) best = i;
    }
    return best;
  }

  static void note(Model& model, ReplicaKey key, TimePoint now) {
    const auto known = std::ranges::find(model.holders, key, &Holder::key);
    if (known != model.holders.end()) {
      known->used_at = now;
      return;
    }
    if (model.holders.size() >= kHolders)
      model.holders.erase(std::ranges::min_element(model.holders, {}, &Holder::used_at));
    model.holders.push_back({.key = key, .since = now, .used_at = now});
  }

  Policy& otherwise_;
  std::list<Model> models_;  // used last first
  std::map<std::string, std::list<Model>::iterator, std::less<>> by_id_;
};

}  // namespace

Policy model_affinity(Policy& otherwise) { return ModelAffinity(otherwise); }

}  // namespace manta::routing
