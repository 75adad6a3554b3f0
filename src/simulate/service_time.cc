#include "simulate/service_time.h"

#include <charconv>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "base/of_seconds.h"

namespace manta::simulate {
namespace {

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

Error not_a_time(std::string_view text) {
  return {.code = ErrorCode::InvalidArgument,
          .message = "'" + std::string(text) + "' is no time: expected 200ms, 0.2s, 2m or 1h"};
}

// The part of `text` behind `mark`, which goes from it.
std::optional<std::string_view> cut(std::string_view& text, char mark) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view part = trim(text.substr(at + 1));
  text = trim(text.substr(0, at));
  return part;
}

Result<int> parse_count(std::string_view text, std::string_view what) {
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1)
    return fail(ErrorCode::InvalidArgument,
                "'" + std::string(text) + "': " + std::string(what) + " is a number above 0");
  return count;
}

}  // namespace

Duration ServiceTime::draw(Random& random) const { return of_seconds(positive(random, mean_s, spread_s)); }

Result<double> parse_seconds(std::string_view text) {
  const std::string_view whole = text = trim(text);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || !(value >= 0) || value > 1e9) return std::unexpected(not_a_time(whole));
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const auto& [name, seconds] :
       {std::pair<std::string_view, double>{"", 1}, {"s", 1}, {"ms", 1e-3}, {"us", 1e-6}, {"m", 60}, {"h", 3600}})
    if (unit == name) return value * seconds;
  return std::unexpected(not_a_time(whole));
}

Result<ServiceTime> parse_service_time(std::string_view text) {
  ServiceTime time;
  std::string_view rest = trim(text);
  const auto parallel = cut(rest, '*'), batch = cut(rest, 'x'), spread = cut(rest, '~');
  auto mean = parse_seconds(rest);
  if (!mean) return std::unexpected(std::move(mean.error()));
  time.mean_s = *mean;
  if (spread) {
    auto parsed = parse_seconds(*spread);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    time.spread_s = *parsed;
  }
  using Part = std::tuple<std::optional<std::string_view>, int*, std::string_view>;
  for (const auto& [part, count, what] :
       {Part{batch, &time.batch, "a batch"}, Part{parallel, &time.parallel, "what is served at a time"}}) {
    if (!part) continue;
    auto parsed = parse_count(*part, what);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    *count = *parsed;
  }
  return time;
}

const ServiceTime& ServiceTimes::of(const std::string& deployment) const {
  const auto own = by_deployment.find(deployment);
  return own == by_deployment.end() ? otherwise : own->second;
}

Result<void> ServiceTimes::add(std::string_view text) {
  const std::size_t equals = text.find('=');
  const bool named = equals != std::string_view::npos;
  auto time = parse_service_time(named ? text.substr(equals + 1) : text);
  if (!time) return std::unexpected(std::move(time.error()));
  if (named)
    by_deployment[std::string(trim(text.substr(0, equals)))] = *time;
  else
    otherwise = *time;
  return {};
}

}  // namespace manta::simulate
