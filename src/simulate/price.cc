#include "simulate/price.h"

#include <charconv>
#include <string>

namespace manta::simulate {

namespace {

double per_million(double cost, std::size_t answered) {
  return answered > 0 ? cost / static_cast<double>(answered) * 1e6 : 0;
}

}  // namespace

void Price::apply(Summary& summary) const {
  summary.cost = per_hour * (of_node ? summary.node_hours : summary.replica_hours);
  summary.cost_per_million = per_million(summary.cost, summary.answered);
}

void Price::apply(Report& report) const {
  apply(report.summary);
  for (TimelineRow& row : report.timeline)
    row.cost_per_million = per_million(per_hour * (of_node ? row.node_hours : row.replica_hours), row.answered);
}

Result<Price> parse_price(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view amount = text.substr(0, slash);
  const std::string_view unit = slash == std::string_view::npos ? "replica" : text.substr(slash + 1);
  Price price{.of_node = unit == "node"};
  const auto [end, error] = std::from_chars(amount.data(), amount.data() + amount.size(), price.per_hour);
  const bool is_amount = error == std::errc() && end == amount.data() + amount.size() && price.per_hour >= 0;
  if (is_amount && (unit == "node" || unit == "replica")) return price;
  return fail(ErrorCode::InvalidArgument,
              "'" + std::string(text) + "' is no price: expected 2.01/node or 2.01/replica, for an hour");
}

}  // namespace manta::simulate
