#include "ingress/traffic_shadow.h"

#include <algorithm>
#include <utility>

#include "base/of_seconds.h"
#include "base/request_copy.h"
#include "net/wire.h"

namespace manta::ingress {

// Of one copy among those that may be under way; given back however that ends.
class ShadowTraffic::Place {
 public:
  // False when there are `most`.
  Place(std::shared_ptr<std::atomic<int>> count, int most) : count_(std::move(count)) {
    if (count_->fetch_add(1) < most) return;
    count_->fetch_sub(1);
    count_.reset();
  }
  ~Place() {
    if (count_) count_->fetch_sub(1);
  }
  Place(Place&&) = default;
  Place& operator=(Place&&) = delete;
  explicit operator bool() const { return count_ != nullptr; }

 private:
  std::shared_ptr<std::atomic<int>> count_;
};

namespace {

// For a shadow: the same request, with a deadline of its own.
std::shared_ptr<RequestContext> copy_until(const RequestContext& context, TimePoint deadline) {
  auto copy = copy_of(context);
  copy->deadline = std::min(context.deadline, deadline);
  return copy;
}

}  // namespace

ShadowTraffic::Lane& ShadowTraffic::lane(const std::string& application, const std::string& deployment) {
  auto& lane = lanes_[{application, deployment}];
  if (lane) return *lane;
  const auto counter = [&](const char* result) {
    return metrics_.counter("manta_shadow_requests", "Copies of requests, by what became of them",
                            {{"application", application}, {"deployment", deployment}, {"result", result}});
  };
  lane = std::make_unique<Lane>(Lane{.in_flight = counts_.of(application, deployment),
                                     .answered = counter("answered"),
                                     .failed = counter("failed"),
                                     .dropped = counter("dropped")});
  return *lane;
}

void ShadowTraffic::send(const TrafficShadow& rule, Lane& lane, std::shared_ptr<routing::Dispatcher> target,
                         const routing::Outbound& original) {
  const bool too_large = original.body && static_cast<double>(original.body->size()) > rule.max_body_bytes;
  if (too_large || !original.context) return lane.dropped.add();
  Place place(lane.in_flight, rule.max_in_flight);
  if (!place) return lane.dropped.add();
  routing::Outbound copy{.method = original.method,
                         .verb = original.verb,
                         .target = original.target,
                         .headers = original.headers,
                         .body = original.body,
                         .context = copy_until(*original.context, loop_.now() + of_seconds(rule.timeout_s)),
                         .idempotent = original.idempotent,
                         .window = original.window};
  copy.headers.add(net::wire::kShadow, "1");
  copies_.spawn(run(std::move(place), &lane, std::move(target), std::move(copy)));
}

Task<void> ShadowTraffic::run([[maybe_unused]] Place place, Lane* lane, std::shared_ptr<routing::Dispatcher> target,
                              routing::Outbound copy) {
  auto dispatching = target->dispatch(std::move(copy));
  Result<routing::Answer> answer = co_await dispatching;
  bool good = answer && answer->status() < 500;
  while (good) {
    auto reading = answer->next();
    const Result<std::string> bytes = co_await reading;
    good = bytes.has_value();
    if (bytes && bytes->empty()) break;
  }
  (good ? lane->answered : lane->failed).add();
}

}  // namespace manta::ingress
