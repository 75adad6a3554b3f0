#include "cli/drain_command.h"

#include <cstdio>
#include <map>
#include <optional>

#include <fmt/format.h>
#include <boost/describe/class.hpp>

#include <manta/detail/json.h>

#include "cli/health_text.h"
#include "cli/terminal.h"
#include "control/event_stream.h"

namespace manta::cli {
namespace {

struct DrainBody {
  std::string replica, node;
  bool undo = false;
  double deadline_s = 0;
};
BOOST_DESCRIBE_STRUCT(DrainBody, (), (replica, node, undo, deadline_s))

// What keeps replicas on the node, if it is known by now.
void print_what_waits(const AdminTarget& target, const std::string& node) {
  const auto details = instance_details(target);
  if (!details) return;
  for (const control::NodeDrain& entry : details->nodes)
    if (entry.node_id == node && !entry.message.empty())
      print_line(fmt::format("{} replicas wait, as they have nowhere to go: {}", entry.replicas, entry.message));
}

}  // namespace

int drain_command(const AdminTarget& target, const DrainOrder& order) {
  if (order.replica.empty() == order.node.empty() || (order.undo && order.node.empty())) {
    print_error_line("error: expected the id of a replica, or --node ID [--undo]\nSee: manta drain --help");
    return 2;
  }
  const std::optional<double> deadline_s = order.deadline.empty() ? std::optional(0.0) : control::age_s(order.deadline);
  if (!deadline_s || (!order.deadline.empty() && (order.undo || *deadline_s <= 0))) {
    print_error_line("error: --deadline: expected 90s, 10m, 2h or 1d, and no --undo\nSee: manta drain --help");
    return 2;
  }
  const auto body = detail::to_json(DrainBody{order.replica, order.node, order.undo, *deadline_s});
  const auto answer = ask(target, "POST", "/api/serve/drain", body.value_or("{}"));
  if (!answer) return report(answer.error(), target);
  if (order.undo) {
    print_line(fmt::format("node {} may be used again", order.node));
    return 0;
  }
  print_line(fmt::format("{} is being drained; `manta events -f` shows the progress",
                         order.node.empty() ? order.replica : "node " + order.node));
  if (!order.node.empty()) print_what_waits(target, order.node);
  return 0;
}

int controller_health_command(const AdminTarget& target, bool json) {
  const auto details = instance_details(target);
  if (!details) return report(details.error(), target);
  const control::ControllerHealth& health = details->controller_health_metrics;
  if (json)
    fmt::print("{}\n", detail::to_json(health).value_or("{}"));
  else
    std::fputs(health_text(health).c_str(), stdout);
  return 0;
}

}  // namespace manta::cli
