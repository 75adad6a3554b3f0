#pragma once

#include <string>
#include <vector>

namespace manta::cli {

// Rows as lines whose columns begin below each other; the last column is as wide as it is.
std::string aligned(const std::vector<std::vector<std::string>>& rows);

}  // namespace manta::cli
