#include "control/snapshot_text.h"

#include <cstddef>
#include <string_view>

#include <manta/detail/json.h>

namespace manta::control {

std::string snapshot_text(const spec::RoutingSnapshot& frame, const std::vector<const std::string*>& deployments) {
  // Nowhere else: within a string of the frame the quotes have backslashes.
  constexpr std::string_view kNone = R"("deployments":[])";
  std::string around = detail::to_json(frame).value_or("{}");
  const std::size_t at = around.find(kNone);
  if (at == std::string::npos) return around;
  const std::size_t inside = at + kNone.size() - 1;
  std::size_t size = around.size() + deployments.size();
  for (const std::string* text : deployments) size += text->size();
  std::string all;
  all.reserve(size);
  all.append(around, 0, inside);
  for (const std::string* text : deployments) {
    if (all.size() > inside) all += ',';
    all += *text;
  }
  return all.append(around, inside);
}

}  // namespace manta::control
