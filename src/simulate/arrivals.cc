#include "simulate/arrivals.h"

#include <algorithm>
#include <charconv>
#include <numbers>
#include <utility>

namespace manta::simulate {
namespace {

constexpr const char* kPatterns = "expected constant:50, poisson:50, sine:10..100/600 or steps:10@0,80@300";

std::optional<double> number(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\r')) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value >= 0) || value > 1e12) return std::nullopt;
  return value;
}

Error wrong(std::string message) { return {.code = ErrorCode::InvalidArgument, .message = std::move(message)}; }

std::pair<std::string_view, std::string_view> split(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return {text, {}};
  return {text.substr(0, at), text.substr(at + mark.size())};
}

// Lines with two fields; the heading, empty lines and comments are left out.
Result<std::vector<std::pair<std::string_view, std::string_view>>> rows_of(std::string_view text,
                                                                           const std::string& name) {
  std::vector<std::pair<std::string_view, std::string_view>> rows;
  for (int line = 1; !text.empty(); ++line) {
    auto [row, rest] = split(text, "\n");
    text = rest;
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (row.empty() || row.starts_with('#')) continue;
    const auto [first, second] = split(row, ",");
    if (!number(first) && rows.empty()) continue;
    if (!number(first) || second.empty())
      return std::unexpected(wrong(name + ":" + std::to_string(line) + ": expected TIME,REQUESTS or TIME,DEPLOYMENT"));
    rows.emplace_back(first, second);
  }
  if (rows.empty()) return std::unexpected(wrong(name + ": no line with a time and a number of requests"));
  if (!std::ranges::is_sorted(rows, {}, [](const auto& row) { return *number(row.first); }))
    return std::unexpected(wrong(name + ": the times must rise from line to line"));
  return rows;
}

}  // namespace

double Arrivals::Rate::at(double time_s) const {
  if (period_s <= 0) return low;
  return low + (high - low) * (1 - std::cos(2 * std::numbers::pi * time_s / period_s)) / 2;
}

Result<Arrivals> Arrivals::of_pattern(std::string_view text) {
  const auto [kind, terms] = split(text, ":");
  Arrivals arrivals;
  const auto bad = std::unexpected(wrong("trace '" + std::string(text) + "': " + kPatterns));
  if (kind == "constant" || kind == "poisson") {
    const auto rate = number(terms);
    if (!rate || *rate <= 0) return bad;
    arrivals.even_ = kind == "constant";
    arrivals.rates_.push_back({.from_s = 0, .low = *rate, .high = *rate, .period_s = 0});
  } else if (kind == "sine") {
    const auto [range, period] = split(terms, "/");
    const auto [low, high] = split(range, "..");
    const auto from = number(low), to = number(high), length = number(period);
    if (!from || !to || !length || *to < *from || *to <= 0 || *length <= 0) return bad;
    arrivals.rates_.push_back({.from_s = 0, .low = *from, .high = *to, .period_s = *length});
  } else if (kind != "steps" || !arrivals.add_steps(terms)) {
    return bad;
  }
  return arrivals;
}

Result<void> Arrivals::add_steps(std::string_view text) {
  while (!text.empty()) {
    const auto [step, rest] = split(text, ",");
    text = rest;
    const auto [rate, from] = split(step, "@");
    const auto per_s = number(rate), begin = number(from);
    if (!per_s || !begin || (!rates_.empty() && *begin <= rates_.back().from_s)) return std::unexpected(wrong(""));
    rates_.push_back({.from_s = *begin, .low = *per_s, .high = *per_s, .period_s = 0});
  }
  if (rates_.empty()) return std::unexpected(wrong(""));
  return {};
}

Result<Arrivals> Arrivals::of_csv(std::string_view text, const std::string& name) {
  auto rows = rows_of(text, name);
  if (!rows) return std::unexpected(std::move(rows.error()));
  Arrivals arrivals;
  const double first = *number(rows->front().first);
  const bool counts = std::ranges::all_of(*rows, [](const auto& row) { return number(row.second).has_value(); });
  if (!counts) {
    for (const auto& [time, deployment] : *rows) {
      const auto known = std::ranges::find(arrivals.names_, deployment);
      arrivals.singles_.push_back({*number(time) - first, static_cast<std::size_t>(known - arrivals.names_.begin())});
      if (known == arrivals.names_.end()) arrivals.names_.emplace_back(deployment);
    }
    return arrivals;
  }
  for (std::size_t i = 0; i < rows->size(); ++i) {
    const double from = *number((*rows)[i].first) - first;
    const bool last = i + 1 == rows->size();  // as long as the one before
    const double before = i == 0 ? 1 : from - (*number((*rows)[i - 1].first) - first);
    const double length = last ? before : *number((*rows)[i + 1].first) - first - from;
    if (length <= 0) return std::unexpected(wrong(name + ": two lines have the same time"));
    const double rate = *number((*rows)[i].second) / length;
    arrivals.rates_.push_back({.from_s = from, .low = rate, .high = rate, .period_s = 0});
    arrivals.end_s_ = from + length;
  }
  return arrivals;
}

std::optional<double> Arrivals::ends_at_s() const {
  if (!singles_.empty()) return singles_.back().at_s;
  return end_s_;
}

// The rate of a sine changes while one waits for the next request: candidates come at its highest, and the share of
// the present rate of them is taken.
std::optional<double> Arrivals::next_by_rate(Random& random) {
  for (;;) {
    const Rate& rate = rates_[at_];
    const bool is_last = at_ + 1 == rates_.size();
    const double until = is_last ? end_s_.value_or(1e12) : rates_[at_ + 1].from_s;
    const double most = rate.period_s > 0 ? rate.high : rate.low;
    const double gap = most <= 0 ? 1e12 : even_ ? 1 / most : exponential(random, 1 / most);
    if (std::max(now_s_, rate.from_s) + gap >= until) {
      if (is_last) return std::nullopt;
      now_s_ = until;
      ++at_;
      continue;
    }
    now_s_ = std::max(now_s_, rate.from_s) + gap;
    if (rate.period_s <= 0 || unit(random) * most < rate.at(now_s_)) return now_s_;
  }
}

std::optional<Arrivals::Arrival> Arrivals::next(Random& random) {
  if (!rates_.empty()) {
    const auto at = next_by_rate(random);
    if (!at) return std::nullopt;
    return Arrival{.at_s = *at};
  }
  if (at_ >= singles_.size()) return std::nullopt;
  const Single& single = singles_[at_++];
  return Arrival{.at_s = single.at_s, .deployment = names_[single.name]};
}

}  // namespace manta::simulate
