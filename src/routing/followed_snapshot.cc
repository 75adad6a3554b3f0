#include "routing/followed_snapshot.h"

#include <utility>

#include "routing/snapshot_merge.h"

namespace manta::routing {

FollowedSnapshot::Step FollowedSnapshot::take(const spec::RoutingChange& item) {
  told_ = spec::apply(told_ ? &*told_ : nullptr, item);
  if (!told_) return Step::Lost;
  if (!item.complete) return Step::Nothing;
  if (auto next = if_newer(known_.get(), *told_)) {
    known_ = std::make_shared<const spec::RoutingSnapshot>(*std::move(next));
    return Step::News;
  }
  if (*told_ == *known_) told_ = *known_;  // said again by another stream: kept once
  return Step::Nothing;
}

}  // namespace manta::routing
