#include "control/load_history.h"

#include <algorithm>

namespace manta::control {

LoadHistory::LoadHistory(Duration window, Aggregation aggregation, TimePoint start, double value)
    : window_(window),
      aggregation_(aggregation),
      recent_{{seconds_of(start), value}},
      part_start_(start),
      last_(start) {}

void LoadHistory::record(TimePoint now, double value) {
  last_ = std::max(last_, now);
  if (value == recent_.back().value) return;
  if (last_ >= part_start_ + part()) {
    put_together(part_start_ + part());
    part_start_ = last_;
  }
  const double at = seconds_of(last_);
  if (recent_.back().at_s == at)
    recent_.back().value = value;
  else
    recent_.push_back({at, value});
}

// The part that ends at `end` becomes one point. Nothing has changed from then until now, which begins the next.
void LoadHistory::put_together(TimePoint end) {
  const double end_s = seconds_of(end), value = recent_.back().value;
  const LoadPoint first = recent_.front();
  double combined = first.value;
  if (recent_.size() > 1) {
    double weighted = 0;
    for (std::size_t i = 0; i < recent_.size(); ++i) {
      const double until = i + 1 < recent_.size() ? recent_[i + 1].at_s : end_s;
      weighted += recent_[i].value * (until - recent_[i].at_s);
      if (aggregation_ == Aggregation::Max) combined = std::max(combined, recent_[i].value);
      if (aggregation_ == Aggregation::Min) combined = std::min(combined, recent_[i].value);
    }
    if (aggregation_ == Aggregation::Mean && end_s > first.at_s) combined = weighted / (end_s - first.at_s);
  }
  past_.push_back({first.at_s, combined});
  const double now_s = seconds_of(last_);
  if (now_s > end_s) past_.push_back({end_s, value});
  recent_.assign(1, {now_s, value});
}

LoadPoints LoadHistory::points(TimePoint now) const {
  LoadPoints all = past_;
  all.insert(all.end(), recent_.begin(), recent_.end());
  const double from = seconds_of(now - window_);
  const auto inside = std::ranges::upper_bound(all, from, {}, &LoadPoint::at_s);
  if (inside == all.begin()) return all;
  const auto first = inside - 1;
  first->at_s = from;
  all.erase(all.begin(), first);
  return all;
}

void LoadHistory::prune(TimePoint now) {
  const double from = seconds_of(now - window_);
  const auto inside = std::ranges::upper_bound(past_, from, {}, &LoadPoint::at_s);
  if (inside == past_.end() && recent_.front().at_s <= from)
    past_.clear();
  else if (inside != past_.begin())
    past_.erase(past_.begin(), inside - 1);
}

bool LoadHistory::is_steady(TimePoint now) const {
  const LoadPoints all = points(now);
  return std::ranges::all_of(all, [&](const LoadPoint& point) { return point.value == all.back().value; });
}

void LoadHistory::set_window(Duration window, Aggregation aggregation) {
  window_ = window;
  aggregation_ = aggregation;
}

}  // namespace manta::control
