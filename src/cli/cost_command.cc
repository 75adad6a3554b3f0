#include "cli/cost_command.h"

#include <chrono>
#include <cstdio>
#include <thread>

#include <fmt/format.h>

#include "cli/cost.h"

namespace manta::cli {
namespace {

Result<RequestCounts> count(const control::InstanceDetails& details) {
  const auto page = metrics_page(details);
  if (!page) return std::unexpected(page.error());
  return request_counts(*page);
}

}  // namespace

int cost_command(const AdminTarget& target, double dollars_per_hour, double window_s, bool json) {
  const auto details = instance_details(target);
  if (!details) return report(details.error(), target);
  const auto begun = std::chrono::steady_clock::now();
  const auto before = count(*details);
  if (!before) return report(before.error(), target);
  std::this_thread::sleep_for(std::chrono::duration<double>(window_s));
  const auto after = count(*details);
  if (!after) return report(after.error(), target);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  const auto rows = cost_rows(*before, *after, seconds, dollars_per_hour);
  std::fputs((json ? cost_json(rows, dollars_per_hour) + "\n" : cost_text(rows, dollars_per_hour)).c_str(), stdout);
  return 0;
}

}  // namespace manta::cli
