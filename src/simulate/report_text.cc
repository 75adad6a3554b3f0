#include "simulate/report_text.h"

#include <algorithm>

#include <fmt/format.h>

namespace manta::simulate {
namespace {

std::string latency_text(double ms) {
  if (ms <= 0) return "-";
  if (ms < 10) return fmt::format("{:.1f} ms", ms);
  if (ms < 10'000) return fmt::format("{:.0f} ms", ms);
  return fmt::format("{:.1f} s", ms / 1000);
}

std::string time_text(double s) {
  const auto whole = static_cast<long>(s + 0.5);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string cost_text(const TimelineRow& row) {
  return row.answered > 0 ? fmt::format("{:.2f}", row.cost_per_million) : "-";
}

std::string row_text(const TimelineRow& row, std::size_t width, bool has_price) {
  std::string text = fmt::format("{:>8}  {:<{}}  {:>6}  {:>5}  {:>6}  {:>7.1f}  {:>6}  {:>8}  {:>8}  {:>4.0f} %",
                                 time_text(row.time_s), row.application + "#" + row.deployment, width, row.wanted,
                                 row.running, row.queued, row.requests_per_s, row.failed, latency_text(row.p50_ms),
                                 latency_text(row.p99_ms), row.utilisation * 100);
  if (has_price) text += fmt::format("  {:>9}", cost_text(row));
  return text + "\n";
}

std::string totals_text(const Summary& summary) {
  std::string text = fmt::format("{} requests in {}: {} answered, {} failed\n", summary.requests,
                                 time_text(summary.duration_s), summary.answered, summary.failed);
  for (const auto& [code, count] : summary.failures) text += fmt::format("  {}: {}\n", code, count);
  text += fmt::format("latency       p50 {}, p90 {}, p99 {}, longest {}\n", latency_text(summary.p50_ms),
                      latency_text(summary.p90_ms), latency_text(summary.p99_ms), latency_text(summary.max_ms));
  text += fmt::format("utilisation   {:.0f} % of {:.2f} replica-hours, on {:.2f} node-hours\n",
                      summary.utilisation * 100, summary.replica_hours, summary.node_hours);
  text += fmt::format("first start   {:.1f} s until everything ran\n", summary.ready_after_s);
  if (summary.cost > 0)
    text += fmt::format("cost          {:.2f}, {:.2f} per million requests\n", summary.cost, summary.cost_per_million);
  return text;
}

}  // namespace

std::string report_text(const Report& report) {
  std::size_t width = 10;
  for (const TimelineRow& row : report.timeline)
    width = std::max(width, row.application.size() + 1 + row.deployment.size());
  const bool has_price = report.summary.cost > 0;
  std::string text = fmt::format("{:>8}  {:<{}}  {:>6}  {:>5}  {:>6}  {:>7}  {:>6}  {:>8}  {:>8}  {:>6}{}\n", "TIME",
                                 "DEPLOYMENT", width, "WANTED", "READY", "QUEUED", "REQ/S", "FAILED", "P50", "P99",
                                 "USED", has_price ? "    COST/1M" : "");
  for (const TimelineRow& row : report.timeline) text += row_text(row, width, has_price);
  text += "\n" + totals_text(report.summary);
  for (const std::string& finding : report.summary.findings) text += "invariant broken " + finding + "\n";
  return text;
}

}  // namespace manta::simulate
