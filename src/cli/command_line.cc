#include "cli/command_line.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/bench_options.h"
#include "cli/client_options.h"
#include "cli/place_options.h"
#include "cli/simulate_options.h"
#include "codec/nearest.h"

namespace manta::cli {
namespace {

constexpr const char* kExamples = R"(Examples:
  manta run app.yaml                                  serve what a configuration file describes
  manta run ./libapp.so:build --http-port 9000        serve one application of a shared object
  curl -s localhost:8000/-/routes                     what is served where
  manta status                                        how it is
  manta deploy app.yaml                               change a running instance
  manta shutdown -y                                   stop it)";

// Where proxies run.
void add_instance_places(CLI::App& command, CommandLine& line) {
  add_admin_port(command, line, "Port of the admin REST API, on 127.0.0.1 (default: 8265, or the next free one)");
  const std::map<std::string, std::string> places = {
      {"EveryNode", "EveryNode"}, {"HeadOnly", "HeadOnly"}, {"Disabled", "Disabled"}, {"NoServer", "Disabled"}};
  command
      .add_option("--proxy-location", line.proxy_location,
                  "EveryNode, HeadOnly (the same on one machine), or Disabled: no HTTP, only handles (default: of the "
                  "file, else EveryNode)")
      ->transform(CLI::Transformer(places, CLI::ignore_case))
      ->check(CLI::IsMember({"EveryNode", "HeadOnly", "Disabled"}));
  command.add_option_function<int>(
      "--grpc-port", [](int) { std::cerr << "warning: --grpc-port: gRPC is not served; ignored\n"; },
      "Not acted on: gRPC is not served");
  add_grpc_options(command);
}

void add_instance_options(CLI::App& command, CommandLine& line) {
  command.add_option("--http-host,--host", line.http_host,
                     "Address to serve on (default: of the file, else 127.0.0.1; with --backend ray 0.0.0.0)");
  command
      .add_option("--http-port,--port", line.http_port,
                  "Port to serve on (default: of the file, else 8000 or the next free one); 0 chooses a free one")
      ->check(CLI::Range(0, 65535));
  add_instance_places(command, line);
  command
      .add_option(
          "--metrics-port", line.metrics_port,
          "Port of the page /metrics on the same address, with --backend ray on each node (default: 8080, or the "
          "next free one); 0 for none")
      ->check(CLI::Range(0, 65535));
  command.add_option("--state-dir", line.state_dir,
                     "Folder of the instance's state (default: ~/.local/state/manta/<admin port>)");
  command.add_option("--num-cpus", line.num_cpus, "CPUs to give to replicas (default: all)")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--num-gpus", line.num_gpus, "GPUs to give to replicas (default: all)")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--memory", line.memory, "Bytes of memory to give to replicas (default: all)")
      ->check(CLI::NonNegativeNumber);
  command.add_option("--resources", line.resources, R"(Custom resources, a JSON object: '{"disk": 2}')");
  command.add_option("--labels", line.labels, R"(Labels of this node, a JSON object: '{"zone": "a"}')");
  command.add_option("--accelerator-type", line.accelerator_type, "Kind of its GPUs: A100");
  command.add_flag("--enforce-limits", line.enforce_limits,
                   "Give replicas only the CPUs, and where the system allows it the memory, that they asked for");
  command.add_flag("-v,--verbose", line.verbose, "Show the log of agent, controller and proxy too");
}

void add_run(CLI::App& app, CommandLine& line, bool has_builtin) {
  CLI::App* run = app.add_subcommand("run", "Start an instance here and serve until Ctrl-C");
  auto* target = run->add_option("target", line.target, "FILE.yaml, ./lib.so:function, exec:./program or builtin:name");
  if (!has_builtin) target->required();
  add_target_options(*run, line);
  run->add_flag_function(
      "--blocking,!--non-blocking", [&line](std::int64_t count) { line.cluster.detach = count < 0; },
      "Serve until Ctrl-C (default), or return when the instance is ready; `manta shutdown` ends it");
  run->add_flag("-r,--reload", line.reload, "Deploy anew when the file, or a file that it names, changes");
  add_instance_options(*run, line);
  run->add_option("-a,--address", line.address,
                  "Admin address to listen on, by Ray Serve's flag: http://localhost:8265");
  run->footer(
      "Examples:\n  manta run app.yaml\n  manta run app.yaml --reload\n  manta run app.yaml --non-blocking\n  manta "
      "run ./libapp.so:build --args "
      "'{\"model\": \"m.onnx\"}' --route-prefix "
      "/embed\n"
      "  manta run builtin:embed --http-host 0.0.0.0 --http-port 9000 --admin-port 9265");
  run->callback([&line] {
    line.command = Command::Run;
    if (line.cluster.detach && line.reload)
      throw CLI::ValidationError("--non-blocking", "--reload stays at the terminal; one of them");
  });
  CLI::App* start =
      app.add_subcommand("start", "Start an instance with the applications that its state folder has stored");
  add_instance_options(*start, line);
  start->add_option(
      "-a,--address", line.address,
      "With --backend ray: the head of the cluster, HOST:6379. Otherwise the admin address to listen on, by "
      "Ray Serve's flag: http://localhost:8265");
  add_cluster_options(*start, line.cluster);
  start->footer(
      "Examples:\n  manta start\n  manta start --admin-port 9265 --http-port 9000\n"
      "  manta start --backend ray --address 10.0.0.1:6379\n"
      "  manta start --backend ray --address 10.0.0.1:6379 --proxy-location HeadOnly --detach");
  start->callback([&line] { line.command = Command::Start; });
}

// Started by the node agent; the empty group hides them.
void add_roles(CLI::App& app, CommandLine& line) {
  CLI::App* controller = app.add_subcommand("controller", "")->group("");
  controller->add_option("--backend", line.controller.backend);
  controller->add_option("--state-dir", line.controller.state_dir)->required();
  controller->add_option("--node-id", line.controller.node_id);
  controller->add_option("--socket-fd", line.controller.socket_fd);
  controller->add_option("--admin-fd", line.controller.admin_fd);
  controller->add_option("--agent-socket", line.controller.agent_socket);
  controller->add_option("--controller-socket", line.controller.controller_socket);
  controller->add_option("--http-address", line.controller.http_address);
  controller->add_option("--ray-address", line.controller.ray_address);
  controller->add_option("--ray-namespace", line.controller.ray_namespace);
  controller->add_option("--admin-address", line.controller.admin_address);
  controller->add_option("--cluster-address", line.controller.cluster_address);
  controller->add_option("--http-options", line.controller.http_options);
  controller->add_option("--proxy-location", line.controller.proxy_location);
  controller->add_option("--metrics-address", line.controller.metrics_address);
  controller->add_flag("--share-supervisors", line.controller.share_supervisors);
  controller->callback([&line] { line.command = Command::Controller; });

  CLI::App* proxy = app.add_subcommand("proxy", "")->group("");
  proxy->add_option("--node-id", line.proxy.node_id)->required();
  proxy->add_option("--listen-fd", line.proxy.listen_fd)->required();
  proxy->add_option("--metrics-fd", line.proxy.metrics_fd);
  proxy->add_option("--controller-address", line.proxy.controller_address)->required();
  proxy->add_option("--agent-socket", line.proxy.agent_socket);
  proxy->add_option("--http-options", line.proxy.http_options);
  proxy->add_option("--node-ip", line.proxy.node_ip);
  proxy->add_option("--metrics-address", line.proxy.metrics_address);
  proxy->add_option("--is-head", line.proxy.is_head);
  proxy->add_option("--num-gpus", line.proxy.num_gpus);
  proxy->add_option("--drain-s", line.proxy.drain_s);
  proxy->callback([&line] { line.command = Command::Proxy; });

  CLI::App* replica = app.add_subcommand("replica", "")->group("");
  replica->add_option("--listen-fd", line.listen_fd)->required();
  for (const char* shown_by_ps : {"--application", "--deployment", "--id"}) replica->add_option(shown_by_ps);
  replica->callback([&line] { line.command = Command::Replica; });
}

// Started by the controller; what it is to run stands in its environment.
void add_policy_host(CLI::App& app, CommandLine& line) {
  CLI::App* host = app.add_subcommand("policy-host", "")->group("");
  host->add_option("--application");  // shown by ps
  host->callback([&line] { line.command = Command::PolicyHost; });
}

// What is wrong with the command line, in one line.
std::string complaint(CLI::App& app, std::string_view command, const CLI::ParseError& error) {
  if (command.empty() || command.starts_with('-')) return error.what();
  std::vector<std::string> names;
  for (const CLI::App* known : app.get_subcommands({}))
    if (!known->get_group().empty()) names.push_back(known->get_name());
  if (std::ranges::find(names, command) != names.end()) return error.what();
  const std::vector<std::string_view> known(names.begin(), names.end());
  return "there is no command '" + std::string(command) + "'" + codec::suggestion(command, known);
}

}  // namespace

ParsedCommandLine parse_command_line(int argc, char** argv, bool has_builtin) {
  CommandLine line;
  CLI::App app("Manta serves models: deployments in C++ or YAML, composed into applications, behind one HTTP door.",
               "manta");
  app.set_version_flag("--version", "manta " MANTA_PROJECT_VERSION);
  app.require_subcommand(1);
  app.footer(kExamples);
  add_run(app, line, has_builtin);
  add_client_commands(app, line);
  add_file_commands(app, line, has_builtin);
  add_operations_commands(app, line);
  add_placement_commands(app, line);
  add_simulate_command(app, line);
  add_bench_command(app, line);
  add_roles(app, line);
  add_policy_host(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return {.line = {}, .exit_code = app.exit(error)};
    std::cerr << "error: " << complaint(app, argc > 1 ? argv[1] : "", error) << "\nSee: manta --help\n";
    return {.line = {}, .exit_code = 2};
  }
  return {.line = std::move(line)};
}

}  // namespace manta::cli
