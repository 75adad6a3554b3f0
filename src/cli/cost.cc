#include "cli/cost.h"

#include <utility>

#include <fmt/format.h>
#include <boost/describe/class.hpp>

#include <manta/detail/json.h>

#include "cli/metrics_page.h"

namespace manta::cli {
namespace {

constexpr std::string_view kReplicaCounter = "ray_serve_deployment_request_counter";
constexpr std::string_view kHttpCounter = "ray_serve_num_http_requests";

// A page may have a counter under both spellings: one of them is taken.
void add(RequestCounts& plain, RequestCounts& total, const MetricSample& sample, std::string_view counter,
         const std::pair<std::string, std::string>& key) {
  if (!sample.name.starts_with(counter)) return;
  const std::string_view rest = sample.name.substr(counter.size());
  if (rest.empty()) plain[key] += sample.value;
  if (rest == "_total") total[key] += sample.value;
}

struct CostLine {
  std::string application, deployment;
  double requests_per_hour = 0, dollars_per_million = 0;
};
BOOST_DESCRIBE_STRUCT(CostLine, (), (application, deployment, requests_per_hour, dollars_per_million))

struct CostReport {
  double dollars_per_hour = 0;
  std::vector<CostLine> rows;
};
BOOST_DESCRIBE_STRUCT(CostReport, (), (dollars_per_hour, rows))

}  // namespace

RequestCounts request_counts(std::string_view page) {
  RequestCounts plain, total;
  each_sample(page, [&](const MetricSample& sample) {
    add(plain, total, sample, kHttpCounter, {});
    add(plain, total, sample, kReplicaCounter, {sample.label("application"), sample.label("deployment")});
  });
  for (auto& [key, value] : total) plain.try_emplace(key, value);
  return plain;
}

double dollars_per_million(double requests_per_hour, double dollars_per_hour) {
  return requests_per_hour > 0 ? dollars_per_hour / requests_per_hour * 1e6 : 0;
}

std::vector<CostRow> cost_rows(const RequestCounts& before, const RequestCounts& after, double seconds,
                               double dollars_per_hour) {
  std::vector<CostRow> rows;
  for (const auto& [key, now] : after) {
    const auto known = before.find(key);
    const double was = known == before.end() || known->second > now ? 0 : known->second;
    const double per_hour = seconds > 0 ? (now - was) / seconds * 3600 : 0;
    rows.push_back({.application = key.first,
                    .deployment = key.second,
                    .requests_per_hour = per_hour,
                    .dollars_per_million = dollars_per_million(per_hour, dollars_per_hour)});
  }
  return rows;
}

std::string cost_text(const std::vector<CostRow>& rows, double dollars_per_hour) {
  std::string text = fmt::format("At ${:.2f} an hour:\n{:<40} {:>14} {:>16}\n", dollars_per_hour, "", "requests/h",
                                 "$ per 1M requests");
  for (const CostRow& row : rows) {
    const std::string name = row.deployment.empty() ? "all of HTTP" : row.application + "/" + row.deployment;
    const std::string dollars = row.requests_per_hour > 0 ? fmt::format("{:.2f}", row.dollars_per_million) : "-";
    text += fmt::format("{:<40} {:>14.0f} {:>17}\n", name, row.requests_per_hour, dollars);
  }
  return text;
}

std::string cost_json(const std::vector<CostRow>& rows, double dollars_per_hour) {
  CostReport report{.dollars_per_hour = dollars_per_hour, .rows = {}};
  for (const CostRow& row : rows)
    report.rows.push_back({row.application, row.deployment, row.requests_per_hour, row.dollars_per_million});
  return detail::to_json(report).value_or("{}");
}

}  // namespace manta::cli
