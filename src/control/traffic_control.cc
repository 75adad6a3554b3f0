#include "control/traffic_control.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "base/of_seconds.h"
#include "base/unix_time.h"

namespace manta::control {
namespace {

constexpr std::size_t kRememberedChanges = 10;

// What makes another rule of it: who gets how much, and by which promotion.
std::string identity_of(const TrafficRule& rule) {
  return detail::to_json(rule.split).value_or("") + detail::to_json(rule.promote).value_or("");
}

std::string text_of(const std::vector<TrafficTarget>& weights) {
  std::string text;
  for (const TrafficTarget& target : weights)
    text += fmt::format("{}{} {:g}", text.empty() ? "" : ", ", target.deployment, target.weight);
  return text;
}

}  // namespace

TrafficControl::TrafficControl(Loop& loop, Logger& logger, StateStore& store, EventLog& events,
                               std::function<void()> changed)
    : loop_(loop), logger_(logger), store_(store), events_(events), changed_(std::move(changed)) {}

TrafficControl::~TrafficControl() { loop_.cancel(timer_); }

void TrafficControl::read() {
  if (std::exchange(read_, true)) return;
  const auto stored = store_.traffic_states();
  if (!stored) {
    logger_.error("traffic weights cannot be read, taking those of the configuration",
                  {{"error", stored.error().message}});
    return;
  }
  for (const auto& [key, json] : *stored) {
    auto state = detail::from_json<TrafficState>(json, UnknownKeys::Ignore);
    if (!state) continue;
    last_stage_ = std::max(last_stage_, state->stage);
    stored_.emplace(key, std::move(*state));
  }
}

void TrafficControl::follow(const ApplicationRecords& records) {
  read();
  std::vector<Key> keys;
  for (const ApplicationRecord& record : records)
    for (const TrafficRule& rule : record.config.traffic) {
      keys.emplace_back(record.name, rule.route);
      follow(record.name, rule);
    }
  keep_only(keys);
  arm();
}

void TrafficControl::follow(const std::string& application, const TrafficRule& rule) {
  const Key key{application, rule.route};
  const auto [at, added] = entries_.try_emplace(key);
  Entry& entry = at->second;
  entry.rule = rule;
  if (const auto known = stored_.find(key); known != stored_.end()) {
    entry.state = std::move(known->second);
    stored_.erase(known);
    entry.since = loop_.now() - of_seconds(std::max(0.0, unix_time_s() - entry.state.since_s));
  }
  if (entry.state.rule == identity_of(rule)) return;
  if (const auto begun = begin(entry, added ? "deployed" : "deployed with other weights"); !begun)
    logger_.error("traffic weights cannot be stored", {{"error", begun.error().message}});
}

void TrafficControl::keep_only(const std::vector<Key>& keys) {
  const auto gone = [&](const Key& key) { return std::ranges::find(keys, key) == keys.end(); };
  const auto forget = [&](const Key& key) {
    if (const auto done = store_.set_traffic_state(key, std::nullopt); !done)
      logger_.error("traffic weights cannot be forgotten", {{"error", done.error().message}});
  };
  for (const auto& [key, state] : stored_) forget(key);
  stored_.clear();
  std::erase_if(entries_, [&](const auto& entry) {
    if (gone(entry.first)) forget(entry.first);
    return gone(entry.first);
  });
}

Result<void> TrafficControl::begin(Entry& entry, const std::string& reason, const std::string& by) {
  const auto& promotion = entry.rule.promote;
  TrafficState next = entry.state;
  next.rule = identity_of(entry.rule);
  next.phase = promotion ? "promoting" : "configured";
  next.step = 0;
  next.others_ms = 0;
  next.weights = promotion ? with_share(entry.rule.split, promotion->to, promotion->steps.front()) : entry.rule.split;
  return move(entry, std::move(next), reason, by);
}

Result<void> TrafficControl::move(Entry& entry, TrafficState next, const std::string& reason, const std::string& by) {
  const auto at = std::ranges::find_if(entries_, [&](const auto& known) { return &known.second == &entry; });
  std::tie(next.application, next.route) = at->first;
  next.since_s = unix_time_s();
  next.stage = last_stage_ + 1;
  next.changes.push_back({.time_s = next.since_s, .phase = next.phase, .reason = reason, .weights = next.weights});
  if (next.changes.size() > kRememberedChanges) next.changes.erase(next.changes.begin());
  if (auto stored = store_.set_traffic_state(at->first, detail::to_json(next).value_or("{}")); !stored) return stored;
  last_stage_ = next.stage;
  entry.state = std::move(next);
  entry.since = loop_.now();
  entry.figures.clear();
  entry.waits_for.clear();
  const TrafficState& state = entry.state;
  const std::string weights = text_of(state.weights);
  logger_.info("traffic weights", {{"application", state.application},
                                   {"route", state.route},
                                   {"phase", state.phase},
                                   {"weights", weights},
                                   {"reason", reason}});
  events_.record({.kind = "traffic_changed",
                  .application = state.application,
                  .message = fmt::format("{}: {}; {} ({})", state.route, state.phase, weights, reason),
                  .by = by,
                  .data = {{"route", state.route}, {"phase", state.phase}}});
  arm();
  changed_();
  return {};
}

std::vector<spec::TrafficRoute> TrafficControl::routes(const std::string& application,
                                                       const std::vector<TrafficRule>& rules,
                                                       const std::function<bool(const std::string&)>& sleeps) const {
  std::vector<spec::TrafficRoute> routes;
  for (const TrafficRule& rule : rules) {
    spec::TrafficRoute route{.route = rule.route, .split = {}, .sticky = rule.sticky, .shadow = rule.shadow};
    const auto known = entries_.find({application, rule.route});
    const bool in_force = known != entries_.end() && known->second.state.rule == identity_of(rule);
    if (in_force) route.stage = known->second.state.stage;
    for (const TrafficTarget& target : in_force ? known->second.state.weights : rule.split)
      route.split.push_back({target.deployment, target.weight, sleeps(target.deployment)});
    routes.push_back(std::move(route));
  }
  return routes;
}

Result<void> TrafficControl::take(const spec::TrafficReport& report) {
  if (!read_) return fail(ErrorCode::Unavailable, "the controller is starting; try again");
  for (const spec::RouteFigures& route : report.routes) {
    const auto known = entries_.find({route.application, route.route});
    if (known == entries_.end() || known->second.state.stage != route.stage) continue;
    Entry& entry = known->second;
    for (const spec::TargetFigures& target : route.targets) {
      TrafficSide& side = entry.figures[target.deployment];
      side.requests += target.requests;
      side.errors += target.errors;
      side.latency.add(target.latency);
    }
    look(entry);
  }
  return {};
}

TrafficSide TrafficControl::others_of(const Entry& entry) {
  TrafficSide others;
  for (const auto& [deployment, side] : entry.figures) {
    if (entry.rule.promote && deployment == entry.rule.promote->to) continue;
    others.requests += side.requests;
    others.errors += side.errors;
    others.latency.add(side.latency.bins());
  }
  return others;
}

void TrafficControl::look(Entry& entry) {
  if (entry.state.phase != "promoting" || !entry.rule.promote) return;
  const TrafficPromotion& promotion = *entry.rule.promote;
  const TrafficSide others = others_of(entry);
  if (const double ms = others_latency_ms(promotion, others); ms > 0) entry.state.others_ms = ms;
  const double on_step_s = std::chrono::duration<double>(loop_.now() - entry.since).count();
  act_on(entry, judge_traffic(promotion, {.step = entry.state.step,
                                          .on_step_s = on_step_s,
                                          .candidate = entry.figures[promotion.to],
                                          .others = others,
                                          .others_ms = entry.state.others_ms}));
}

void TrafficControl::act_on(Entry& entry, const TrafficVerdict& verdict) {
  const TrafficPromotion& promotion = *entry.rule.promote;
  TrafficState next = entry.state;
  double share = 0;
  switch (verdict.move) {
    case TrafficMove::Stay:
      entry.waits_for = verdict.reason;
      return;
    case TrafficMove::Next:
      share = promotion.steps.at(++next.step);
      break;
    case TrafficMove::Finish:
      next.phase = "promoted";
      share = 100;
      break;
    case TrafficMove::Fail:
      next.phase = promotion.on_failure == "hold" ? "held" : "rolled_back";
      break;
  }
  if (next.phase != "held") next.weights = with_share(entry.rule.split, promotion.to, share);
  if (const auto moved = move(entry, std::move(next), verdict.reason); !moved)
    logger_.error("traffic weights cannot be stored, nothing is changed", {{"error", moved.error().message}});
}

// Steps whose time has not come yet; what waits for requests is looked at when they are reported.
void TrafficControl::arm() {
  std::optional<TimePoint> next;
  for (const auto& [key, entry] : entries_) {
    if (entry.state.phase != "promoting" || !entry.rule.promote) continue;
    const TimePoint end = entry.since + of_seconds(entry.rule.promote->hold_s);
    if (end > loop_.now()) next = std::min(next.value_or(end), end);
  }
  loop_.cancel(std::exchange(timer_, 0));
  if (!next) return;
  timer_ = loop_.at(*next, [this] {
    timer_ = 0;
    for (auto& [key, entry] : entries_) look(entry);
    arm();
  });
}

}  // namespace manta::control
