#include "cli/operations_options.h"

#include "cli/client_options.h"
#include "cli/command_line.h"

namespace manta::cli {
namespace {

void add_events(CLI::App& app, CommandLine& line) {
  OperationsArguments& options = line.operations;
  CLI::App* events = app.add_subcommand("events", "Print what happened, in order");
  events->add_option("-A,--application", options.application, "Only of this application");
  events->add_option("--since", options.since, "Only after the event of that id, or of the last 90s, 10m, 2h, 1d");
  events->add_flag("-f,--follow", options.follow, "Go on as more happens, until Ctrl-C");
  events->add_flag("--json", options.json, "One JSON object a line");
  add_address(*events, line);
  events->footer("Examples:\n  manta events\n  manta events -f --application rag\n  manta events --since 10m");
  events->callback([&line] { line.command = Command::Events; });
}

void add_drain(CLI::App& app, CommandLine& line) {
  OperationsArguments& options = line.operations;
  CLI::App* drain = app.add_subcommand("drain", "Replace a replica, or all of a node, without failing a request");
  drain->add_option("replica", options.replica, "Its id, as APPLICATION#DEPLOYMENT#k3v9x2");
  drain->add_option("--node", options.node, "Id of a node: empty it, and place nothing new on it");
  drain->add_flag("--undo", options.undo, "With --node: it may be used again");
  drain->add_option("--deadline", options.deadline,
                    "90s, 10m, 2h or 1d from now: what has found no replacement has ended by then (default: it waits)");
  add_address(*drain, line);
  drain->footer(
      "Examples:\n  manta drain rag#Llm#k3v9x2\n  manta drain --node 3fe0a1b2\n  manta drain --node 3fe0a1b2 "
      "--deadline 10m\n"
      "  manta drain --node 3fe0a1b2 --undo");
  drain->callback([&line] { line.command = Command::Drain; });
}

void add_nodes(CLI::App& app, CommandLine& line) {
  CLI::App* nodes = app.add_subcommand("nodes", "Show the machines, what is used and free, and what waits for room");
  nodes->add_flag("--json", line.operations.json, "As JSON");
  add_address(*nodes, line);
  nodes->footer("Examples:\n  manta nodes\n  manta nodes --json");
  nodes->callback([&line] { line.command = Command::Nodes; });
}

void add_systemd(CLI::App& app, CommandLine& line) {
  SystemdRequest& request = line.systemd;
  CLI::App* systemd = app.add_subcommand("systemd", "Print systemd units: of one machine, or of a Ray cluster's");
  systemd->add_option("role", request.role, "head or worker of a Ray cluster (default: one machine, without Ray)");
  systemd->add_option("-a,--address", request.address, "IP:PORT of Ray on the head, as 10.0.1.5:6379");
  systemd->add_option("--state-dir", request.state_dir, "Folder of the instance's state")->capture_default_str();
  systemd->add_option("--user", request.user, "User that runs it")->capture_default_str();
  systemd->add_option("--ray", request.ray, "Ray's command on these machines")->capture_default_str();
  systemd->add_option("--ray-store", request.ray_store,
                      "Folder on the head in which Ray keeps its tables, so that what runs outlives a restart of Ray's "
                      "head (RAY_gcs_storage=rocksdb, which Ray calls alpha); the secrets of instances are in them");
  systemd->add_option("-o,--output", request.output, "Folder to write the units to, in place of printing them");
  systemd->footer(
      "Examples:\n  manta systemd\n  manta systemd head --address 10.0.1.5:6379\n"
      "  manta systemd worker --address 10.0.1.5:6379 --output /etc/systemd/system");
  systemd->callback([&line] { line.command = Command::Systemd; });
}

void add_controller_health(CLI::App& app, CommandLine& line) {
  CLI::App* health = app.add_subcommand("controller-health", "Show how the controller's loop does");
  health->add_flag("--json", line.operations.json, "As JSON");
  add_address(*health, line);
  health->footer("Examples:\n  manta controller-health\n  manta controller-health --json");
  health->callback([&line] { line.command = Command::ControllerHealth; });
}

void add_cost(CLI::App& app, CommandLine& line) {
  OperationsArguments& options = line.operations;
  CLI::App* cost = app.add_subcommand("cost", "Show requests an hour and dollars for a million of them");
  cost->add_option("--price", options.price, "Dollars an hour of what the instance runs on")
      ->required()
      ->check(CLI::NonNegativeNumber);
  cost->add_option("--window", options.window_s, "Seconds for which requests are counted")
      ->capture_default_str()
      ->check(CLI::Range(0.1, 3600.0));
  cost->add_flag("--json", options.json, "As JSON");
  add_address(*cost, line);
  cost->footer("Examples:\n  manta cost --price 2.01\n  manta cost --price 2.01 --window 60");
  cost->callback([&line] { line.command = Command::Cost; });
}

}  // namespace

void add_operations_commands(CLI::App& app, CommandLine& line) {
  add_events(app, line);
  add_drain(app, line);
  add_nodes(app, line);
  add_systemd(app, line);
  add_controller_health(app, line);
  add_cost(app, line);
}

}  // namespace manta::cli
