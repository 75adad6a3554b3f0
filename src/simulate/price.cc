#include "simulate/price.h"

#include <charconv>
#include <string>

namespace manta::simulate {

void Price::apply(Summary& summary) const {
  summary.cost = per_hour * (of_node ? summary.node_hours : summary.replica_hours);
  summary.cost_per_million = summary.answered > 0 ? summary.cost / static_cast<double>(summary.answered) * 1e6 : 0;
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
