#pragma once

#include <string_view>

#include <manta/error.h>

#include "simulate/timeline.h"

namespace manta::simulate {

// What an hour costs: of a replica, or of a node that holds one.
struct Price {
  double per_hour = 0;
  bool of_node = false;

  void apply(Summary& summary) const;
  void apply(Report& report) const;  // also to its rows
};

// "2.01" or "2.01/replica", "2.01/node". InvalidArgument.
Result<Price> parse_price(std::string_view text);

}  // namespace manta::simulate
