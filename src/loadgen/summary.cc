#include "loadgen/summary.h"

#include <array>
#include <cmath>
#include <map>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <manta/detail/json.h>

namespace manta::loadgen {
namespace {

constexpr std::array kQuantiles = {0.5, 0.9, 0.95, 0.99, 0.999};

double seconds_of(Duration value) { return std::chrono::duration<double>(value).count(); }
double milliseconds(Duration value) { return seconds_of(value) * 1e3; }

double per_second(double amount, const LoadResult& result) {
  return result.measured > Duration::zero() ? amount / seconds_of(result.measured) : 0;
}

// "12.3 ms", "850 us", "1.25 s": three digits.
std::string time_text(double ms) {
  const auto [value, unit] = ms < 1      ? std::pair(ms * 1e3, "us")
                             : ms < 1000 ? std::pair(ms, "ms")
                                         : std::pair(ms / 1e3, "s");
  return fmt::format("{:.{}f} {}", value, value < 10 ? 2 : value < 100 ? 1 : 0, unit);
}

std::string row(const char* name, const Histogram& times) {
  if (times.count() == 0) return {};
  std::string text = fmt::format("  {:<18}{:>10}", name, time_text(times.mean_s() * 1e3));
  for (const double q : kQuantiles) text += fmt::format("{:>10}", time_text(milliseconds(times.quantile(q))));
  return text + fmt::format("{:>10}\n", time_text(milliseconds(times.max())));
}

std::string load_text(const LoadPlan& plan) {
  if (!plan.rate) return fmt::format("closed loop, {} requests open", plan.concurrency);
  return fmt::format("open loop, {:g} requests/s, at most {} open", *plan.rate, plan.concurrency);
}

// "p99", "p99.9"
std::string quantile_name(double q) { return fmt::format("p{:g}", q * 100); }

void add_times(std::map<std::string, double>& values, const std::string& name, const Histogram& times) {
  values["mean_" + name + "_ms"] = times.mean_s() * 1e3;
  values["median_" + name + "_ms"] = milliseconds(times.quantile(0.5));
  values["std_" + name + "_ms"] = times.deviation_s() * 1e3;
  for (const double q : kQuantiles) values[quantile_name(q) + "_" + name + "_ms"] = milliseconds(times.quantile(q));
}

std::map<std::string, double> values_of(const LoadPlan& plan, const LoadResult& result) {
  const auto completed = static_cast<double>(result.completed);
  const auto input = static_cast<double>(result.input_tokens);
  const auto output = static_cast<double>(result.output_tokens);
  std::map<std::string, double> values = {
      {"duration", seconds_of(result.measured)},
      {"num_prompts", completed + static_cast<double>(result.failed)},
      {"completed", completed},
      {"failed", static_cast<double>(result.failed)},
      {"burstiness", plan.burstiness},
      {"max_concurrency", plan.concurrency},
      {"max_concurrent_requests", static_cast<double>(result.most_open)},
      {"total_input_tokens", input},
      {"total_output_tokens", output},
      {"request_throughput", per_second(completed, result)},
      {"output_throughput", per_second(output, result)},
      {"total_token_throughput", per_second(input + output, result)},
  };
  add_times(values, "e2el", result.latency);
  add_times(values, "ttft", result.first_token);
  if (plan.reads_events) {
    add_times(values, "tpot", result.per_token);
    add_times(values, "itl", result.between_tokens);
  }
  return values;
}

}  // namespace

std::string progress_text(const LoadResult& so_far, double elapsed_s, std::size_t open, std::size_t waiting,
                          bool is_warming_up) {
  if (is_warming_up) return fmt::format("{:4.0f} s  warming up, {} open", elapsed_s, open);
  std::string text = fmt::format("{:4.0f} s  {} requests  {:.0f}/s  p50 {}  p99 {}  {} open", elapsed_s,
                                 so_far.completed, per_second(static_cast<double>(so_far.completed), so_far),
                                 time_text(milliseconds(so_far.latency.quantile(0.5))),
                                 time_text(milliseconds(so_far.latency.quantile(0.99))), open);
  if (waiting != 0) text += fmt::format("  {} late", waiting);
  if (so_far.failed != 0) text += fmt::format("  {} FAILED", so_far.failed);
  return text;
}

std::string result_text(const LoadPlan& plan, const LoadResult& result) {
  std::string text = fmt::format("{}, {}, {:.1f} s\n", load_text(plan), plan.http2 ? "HTTP/2" : "HTTP/1.1",
                                 seconds_of(result.measured));
  text += fmt::format("  {} requests, {:.1f}/s, {} failed, {:.1f} MB received\n", result.completed,
                      per_second(static_cast<double>(result.completed), result), result.failed,
                      static_cast<double>(result.bytes) / 1e6);
  if (plan.reads_events)
    text += fmt::format("  {} tokens, {:.1f}/s\n", result.output_tokens,
                        per_second(static_cast<double>(result.output_tokens), result));
  for (const auto& [reason, count] : result.failures) text += fmt::format("  {:>8} failed: {}\n", count, reason);
  text += fmt::format("\n  {:<18}{:>10}", "", "mean");
  for (const double q : kQuantiles) text += fmt::format("{:>10}", quantile_name(q));
  text += fmt::format("{:>10}\n", "max");
  text += row("latency", result.latency);
  text += row(plan.reads_events ? "to first token" : "to first byte", result.first_token);
  text += row("time per token", result.per_token);
  text += row("between tokens", result.between_tokens);
  return text;
}

std::string result_json(const LoadPlan& plan, const LoadResult& result, double unix_time_s) {
  const std::time_t seconds = static_cast<std::time_t>(unix_time_s);
  std::string text =
      fmt::format(R"({{"date": "{:%Y%m%d-%H%M%S}", "backend": "manta bench", "request_rate": )", fmt::gmtime(seconds));
  text += plan.rate ? fmt::format("{:g}", *plan.rate) : "\"inf\"";
  if (!plan.model.empty()) text += ", \"model_id\": " + detail::to_json(plan.model).value_or("\"\"");
  for (const auto& [name, value] : values_of(plan, result))
    text += fmt::format(", \"{}\": {}", name, std::isfinite(value) ? value : 0);
  return text + ", \"failures\": " + detail::to_json(result.failures).value_or("{}") + "}\n";
}

Result<std::string> comparison_text(const std::string& before_json, const std::string& after_json) {
  std::array<std::map<std::string, double>, 2> sides;
  for (const auto& [json, side] : {std::pair(&before_json, &sides[0]), std::pair(&after_json, &sides[1])}) {
    const auto values = detail::from_json<std::map<std::string, Json>>(*json);
    if (!values) return fail(ErrorCode::InvalidArgument, "no result of `manta bench`: " + values.error().message);
    for (const auto& [name, value] : *values)
      if (const auto number = detail::from_json<double>(value.text)) (*side)[name] = *number;
  }
  std::string text = fmt::format("  {:<26}{:>14}{:>14}{:>10}\n", "", "before", "after", "change");
  for (const auto& [name, after] : sides[1]) {
    const auto before = sides[0].find(name);
    if (before == sides[0].end()) continue;
    const std::string change = before->second == 0 ? "-" : fmt::format("{:+.1f} %", (after / before->second - 1) * 100);
    text += fmt::format("  {:<26}{:>14.3f}{:>14.3f}{:>10}\n", name, before->second, after, change);
  }
  return text;
}

}  // namespace manta::loadgen
