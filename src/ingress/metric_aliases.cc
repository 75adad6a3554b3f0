#include "ingress/metric_aliases.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace manta::ingress {
namespace {

struct Alias {
  std::string_view family;
  std::string_view alias;
};

constexpr std::array kAliases{
    Alias{"ray_serve_deployment_processing_latency_ms", "ray_serve_request_latency_ms"},
    Alias{"ray_serve_deployment_request_counter", "ray_serve_num_requests_total"},
    Alias{"ray_serve_replica_processing_queries", "ray_serve_num_ongoing_requests"},
    Alias{"ray_serve_deployment_replica_healthy", "ray_serve_deployment_replica_healthy_total"},
    Alias{"ray_serve_deployment_queued_queries", "ray_serve_queue_length"},
    Alias{"manta_node_gpu_utilization", "ray_node_gpu_utilization"},
};

// The lines of one family with its name replaced, HELP and TYPE included.
void append_renamed(std::string& out, std::string_view lines, std::string_view family, std::string_view alias) {
  while (!lines.empty()) {
    const auto end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    const auto line = lines.substr(0, end);
    const std::size_t name_at = line.starts_with("# ") ? 7 : 0;  // behind "# HELP " or "# TYPE "
    out += line.substr(0, name_at);
    out += alias;
    out += line.substr(name_at + family.size());
    lines.remove_prefix(end);
  }
}

void append_aliases(std::string& out, std::string_view lines) {
  constexpr std::string_view help = "# HELP ";
  const auto family = lines.substr(help.size(), lines.find(' ', help.size()) - help.size());
  const std::string type = "# TYPE " + std::string(family) + " counter";
  if (lines.find(type) != std::string_view::npos && !family.ends_with("_total"))
    append_renamed(out, lines, family, std::string(family) + "_total");
  for (const Alias& entry : kAliases)
    if (entry.family == family) append_renamed(out, lines, family, entry.alias);
}

}  // namespace

std::string with_aliases(std::string exposition) {
  std::string added;
  std::string_view rest = exposition;
  while (rest.starts_with("# HELP ")) {
    const auto next = rest.find("\n# HELP ");
    const auto size = next == std::string_view::npos ? rest.size() : next + 1;
    append_aliases(added, rest.substr(0, size));
    rest.remove_prefix(size);
  }
  return std::move(exposition) + added;
}

}  // namespace manta::ingress
