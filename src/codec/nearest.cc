#include "codec/nearest.h"

#include <algorithm>
#include <array>
#include <vector>

namespace manta::codec {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::vector<std::size_t>, 3> rows;  // of i - 2, i - 1 and i
  for (auto& row : rows) row.resize(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) rows[1][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    rows[2][0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = rows[1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      rows[2][j] = std::min({replaced, rows[1][j] + 1, rows[2][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        rows[2][j] = std::min(rows[2][j], rows[0][j - 2] + 1);
    }
    std::rotate(rows.begin(), rows.begin() + 1, rows.end());
  }
  return rows[1][b.size()];
}

std::string_view nearest(std::string_view name, std::span<const std::string_view> known) {
  constexpr std::size_t kLongestName = 64;  // what is longer is no slip of the pen, and costs time
  if (name.empty() || name.size() > kLongestName) return {};
  std::string_view best;
  std::size_t best_distance = std::max<std::size_t>(name.size() / 3, 1) + 1;
  for (const std::string_view candidate : known) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  if (!best.empty() || name.size() < 4) return best;
  for (const std::string_view candidate : known)
    if (candidate.starts_with(name) || (candidate.size() >= 4 && name.starts_with(candidate))) return candidate;
  return {};
}

std::string suggestion(std::string_view name, std::span<const std::string_view> known) {
  constexpr std::size_t kMostListed = 12;
  if (const std::string_view near = nearest(name, known); !near.empty())
    return "; did you mean '" + std::string(near) + "'?";
  if (known.empty() || known.size() > kMostListed) return {};
  std::string text = "; known:";
  for (std::size_t i = 0; i < known.size(); ++i) text.append(i == 0 ? " " : ", ").append(known[i]);
  return text;
}

}  // namespace manta::codec
