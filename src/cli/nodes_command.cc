#include "cli/nodes_command.h"

#include <cstdio>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "cli/nodes_text.h"

namespace manta::cli {

Result<control::NodesReport> nodes_of(const AdminTarget& target) {
  const auto answer = ask(target, "GET", "/api/serve/nodes");
  if (!answer) return std::unexpected(answer.error());
  return detail::from_json<control::NodesReport>(answer->body, UnknownKeys::Ignore);
}

int nodes_command(const AdminTarget& target, bool json) {
  const auto report = nodes_of(target);
  if (!report) return cli::report(report.error(), target);
  if (json)
    fmt::print("{}\n", detail::to_json(*report).value_or("{}"));
  else
    std::fputs(nodes_text(*report).c_str(), stdout);
  return 0;
}

}  // namespace manta::cli
