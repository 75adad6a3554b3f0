#include "cli/explain_command.h"

#include <cstdio>

#include "cli/deployment_name.h"
#include "cli/explain_text.h"
#include "cli/traffic_command.h"

namespace manta::cli {

int explain_command(const AdminTarget& target, const std::string& name) {
  const auto details = instance_details(target);
  if (!details) return report(details.error(), target);
  const bool one = !name.empty() && !details->applications.contains(name);
  std::pair<std::string, std::string> wanted;
  if (one) {
    auto found = find_deployment(*details, name);
    if (!found) return report(found.error(), target);
    wanted = std::move(*found);
  }
  const std::string page = metrics_page(*details).value_or("");
  std::string text;
  for (const auto& [application, entry] : details->applications) {
    if (one ? application != wanted.first : !name.empty() && application != name) continue;
    for (const auto& [deployment, of_deployment] : entry.deployments)
      if (!one || deployment == wanted.second)
        text += (text.empty() ? "" : "\n") + explain_text(application, of_deployment, page);
    if (!entry.traffic.empty()) text += "\n" + traffic_text(application, entry.traffic);
  }
  std::fputs(text.empty() ? "nothing is deployed\n" : text.c_str(), stdout);
  return 0;
}

}  // namespace manta::cli
