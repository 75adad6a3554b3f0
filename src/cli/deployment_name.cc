#include "cli/deployment_name.h"

#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "codec/nearest.h"

namespace manta::cli {

Result<std::pair<std::string, std::string>> find_deployment(const control::InstanceDetails& details,
                                                            const std::string& name) {
  std::vector<std::pair<std::string, std::string>> found;
  std::vector<std::string> known;
  for (const auto& [application, entry] : details.applications) {
    for (const auto& [deployment, unused] : entry.deployments) {
      known.push_back(deployment);
      known.push_back(application + "/" + deployment);
      if (name == deployment || name == known.back()) found.emplace_back(application, deployment);
    }
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    const std::vector<std::string_view> names(known.begin(), known.end());
    return fail(ErrorCode::NotFound,
                fmt::format("there is no deployment '{}'{}", name, codec::suggestion(name, names)));
  }
  std::vector<std::string> full;
  for (const auto& [application, deployment] : found) full.push_back(application + "/" + deployment);
  return fail(ErrorCode::InvalidArgument,
              fmt::format("several applications have it; say which: {}", fmt::join(full, ", ")));
}

}  // namespace manta::cli
