#pragma once

#include <string>
#include <vector>

#include "runtime/backend.h"
#include "spec/reservation.h"

namespace manta::simulate {

// What is booked on `node` beyond what it has, in words; empty: nothing. Counted without the code that places. Shares
// of other nodes are left out.
std::string overbooked(const runtime::NodeInfo& node, const std::vector<spec::Bundle>& held);

}  // namespace manta::simulate
