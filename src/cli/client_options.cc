#include "cli/client_options.h"

#include <iostream>
#include <string>
#include <vector>

namespace manta::cli {

void add_address(CLI::App& command, CommandLine& line) {
  add_admin_port(command, line,
                 "Port of its admin REST API on this machine (default: that of the instance in the default state "
                 "folder, else 8265)");
  command.add_option("-a,--address", line.address, "Admin address of the instance: http://HOST:PORT");
}

namespace {

void add_deploy(CLI::App& app, CommandLine& line) {
  CLI::App* deploy = app.add_subcommand("deploy", "Make a running instance serve exactly what a file describes");
  deploy->add_option("target", line.target, "FILE.yaml or an import path")->required();
  add_target_options(*deploy, line);
  add_address(*deploy, line);
  deploy->footer(
      "Examples:\n  manta deploy app.yaml\n  manta deploy ./libapp.so:build model=m.onnx --admin-port 9265\n"
      "  manta deploy app.yaml --address http://localhost:8265");
  deploy->callback([&line] { line.command = Command::Deploy; });
}

void add_changes(CLI::App& app, CommandLine& line) {
  const auto add = [&](const char* name, const char* what, Command command) {
    CLI::App* made = app.add_subcommand(name, what);
    made->add_option("target", line.target, "FILE.yaml or an import path")->required();
    add_target_options(*made, line);
    add_address(*made, line);
    made->footer(std::string("Example:\n  manta ") + name + " app.yaml");
    made->callback([&line, command] { line.command = command; });
  };
  add("plan", "Show what a deploy would change, restart and leave alone, and why; nothing is changed", Command::Plan);
  add("diff", "Show the fields in which a file differs from what is deployed", Command::Diff);
}

void add_history(CLI::App& app, CommandLine& line) {
  CLI::App* history = app.add_subcommand("history", "List what was deployed, the latest first");
  add_address(*history, line);
  history->footer("Example:\n  manta history");
  history->callback([&line] { line.command = Command::History; });
  CLI::App* rollback =
      app.add_subcommand("rollback", "Deploy again what was deployed before, from the copies kept then");
  rollback->add_option("revision", line.revision, "As `manta history` lists it (default: the one before the current)");
  add_address(*rollback, line);
  rollback->footer("Examples:\n  manta rollback\n  manta rollback 3");
  rollback->callback([&line] { line.command = Command::Rollback; });
}

void add_scale(CLI::App& app, CommandLine& line) {
  CLI::App* scale = app.add_subcommand("scale", "Set the number of replicas of a deployment");
  scale->add_option("deployment", line.target, "DEPLOYMENT or APPLICATION/DEPLOYMENT")->required();
  scale->add_option("replicas", line.replicas, "How many")->required()->check(CLI::NonNegativeNumber);
  add_address(*scale, line);
  scale->footer("Examples:\n  manta scale Embed 4\n  manta scale rag/Llm 2");
  scale->callback([&line] { line.command = Command::Scale; });
}

void add_traffic(CLI::App& app, CommandLine& line) {
  CLI::App* traffic = app.add_subcommand("traffic", "Show or change how requests are divided among deployments");
  add_traffic_options(*traffic, line.traffic);
  add_address(*traffic, line);
  traffic->footer(
      "Examples:\n  manta traffic chat\n  manta traffic chat --set ModelV1=90,ModelV2=10\n"
      "  manta traffic chat / --rollback");
  traffic->callback([&line] { line.command = Command::Traffic; });
}

void add_explain(CLI::App& app, CommandLine& line) {
  CLI::App* explain = app.add_subcommand("explain", "Say of deployments how they are, and why");
  explain->add_option("name", line.target, "APPLICATION, DEPLOYMENT or APPLICATION/DEPLOYMENT (default: all)");
  add_address(*explain, line);
  explain->footer("Examples:\n  manta explain\n  manta explain rag/Llm");
  explain->callback([&line] { line.command = Command::Explain; });
}

void add_status(CLI::App& app, CommandLine& line) {
  CLI::App* status = app.add_subcommand("status", "Show applications, deployments and replicas as YAML");
  status->add_option("-n,--name", line.name, "Only this application");
  add_address(*status, line);
  status->footer("Examples:\n  manta status\n  manta status -n rag");
  status->callback([&line] { line.command = Command::Status; });
}

void add_logs(CLI::App& app, CommandLine& line) {
  CLI::App* logs = app.add_subcommand("logs", "Print what replicas wrote");
  logs->add_option(
      "names", line.words,
      "Applications, deployments, APPLICATION/DEPLOYMENT, replica ids, controller, proxy (default: all replicas)");
  logs->add_flag("-f,--follow", line.follow, "Go on as more is written, until Ctrl-C");
  logs->add_option("-n,--lines", line.lines, "Lines of each to begin with")->capture_default_str();
  add_address(*logs, line);
  logs->footer("Examples:\n  manta logs\n  manta logs -f rag/Llm\n  manta logs controller -n 20");
  logs->callback([&line] { line.command = Command::Logs; });
}

void add_shutdown(CLI::App& app, CommandLine& line) {
  CLI::App* shutdown = app.add_subcommand("shutdown", "Delete all applications and stop the instance");
  shutdown->add_flag("-y,--yes", line.yes, "Do not ask");
  add_address(*shutdown, line);
  shutdown->footer("Example:\n  manta shutdown -y");
  shutdown->callback([&line] { line.command = Command::Shutdown; });
}

void add_build(CLI::App& app, CommandLine& line) {
  CLI::App* build = app.add_subcommand("build", "Write a configuration file for what import paths build");
  build->add_option("import_paths", line.words, "./lib.so:function, exec:./program or builtin:name")->required();
  build->add_option("-d,--app-dir", line.directory, "Folder that import paths are relative to")->capture_default_str();
  build->add_option("-o,--output-path", line.output, "File to write (default: standard output)");
  add_grpc_options(*build);
  build->footer(
      "Examples:\n  manta build ./libapp.so:build -o app.yaml\n  manta build ./liba.so:build ./libb.so:build");
  build->callback([&line] { line.command = Command::Build; });
}

void add_config(CLI::App& app, CommandLine& line) {
  CLI::App* config = app.add_subcommand("config", "Print what was deployed, as YAML");
  config->add_option("-n,--name", line.name, "Only this application");
  config->add_option("application", line.operations.application, "The same");
  config->add_option("deployment", line.operations.deployment, "With --effective: only this deployment of it");
  config->add_flag(
      "--effective", line.operations.effective,
      "What is in force, with the origin of each value: default, code, file, environment, API, autoscaling");
  config->add_flag("--json", line.operations.json, "With --effective: as JSON");
  add_address(*config, line);
  config->footer(
      "Examples:\n  manta config\n  manta config -n rag > rag.yaml\n  manta config rag Llm --effective\n"
      "  manta config check app.yaml");
  config->callback([&line] {
    if (line.target.empty()) line.command = Command::Config;
  });
  CLI::App* check = config->add_subcommand("check", "Check a configuration file without running anything");
  check->add_option("file", line.target, "FILE.yaml")->required();
  check->footer("Example:\n  manta config check app.yaml");
  check->callback([&line] { line.command = Command::ConfigCheck; });
}

void add_describe(CLI::App& app, CommandLine& line, bool has_builtin) {
  CLI::App* describe = app.add_subcommand("describe", "Print what an import path builds, as JSON");
  auto* target = describe->add_option("import_path", line.target, "./lib.so:function or builtin:name");
  if (!has_builtin) target->required();
  describe->add_option("--args", line.args, "Arguments of build(), a JSON object");
  describe->footer("Example:\n  manta describe ./libapp.so:build --args '{\"model\": \"m.onnx\"}'");
  describe->callback([&line] { line.command = Command::Describe; });
}

}  // namespace

void add_admin_port(CLI::App& command, CommandLine& line, const std::string& meaning) {
  command.add_option("--admin-port", line.admin_port, meaning)->check(CLI::Range(0, 65535));
}

void add_target_options(CLI::App& command, CommandLine& line) {
  command.add_option("arguments", line.words, "Arguments of an import path's build(): key=value ...");
  command.add_option("--args", line.args, "The same as a JSON object");
  command.add_option("--name", line.name, "Name of the application");
  command.add_option("--route-prefix", line.route_prefix, "Where it is served; \"/\" = everywhere");
  command.add_option("-d,--app-dir", line.app_dir, "Folder that an import path is relative to");
  command.add_option("--working-dir", line.working_dir, "The same, by Ray Serve's other name");
  command.add_option("--runtime-env", line.runtime_env,
                     "YAML file; its env_vars are given to an import path's replicas");
  command.add_option("--runtime-env-json", line.runtime_env_json, "The same as JSON; wins over the file");
}

void add_grpc_options(CLI::App& command) {
  constexpr const char* kNotServed = "Not acted on: gRPC is not served";
  command
      .add_option_function<std::vector<std::string>>(
          "--grpc-servicer-functions",
          [](const std::vector<std::string>&) {
            std::cerr << "warning: --grpc-servicer-functions: gRPC is not served; ignored\n";
          },
          kNotServed)
      ->type_size(1)
      ->allow_extra_args(false);
  command.add_flag_function("--grpc-enable-reflection,!--grpc-disable-reflection", [](std::int64_t) {}, kNotServed);
}

void add_client_commands(CLI::App& app, CommandLine& line) {
  add_deploy(app, line);
  add_status(app, line);
  add_explain(app, line);
  add_changes(app, line);
  add_history(app, line);
  add_scale(app, line);
  add_traffic(app, line);
  add_config(app, line);
  add_logs(app, line);
  add_shutdown(app, line);
}

void add_file_commands(CLI::App& app, CommandLine& line, bool has_builtin) {
  add_build(app, line);
  add_describe(app, line, has_builtin);
}

}  // namespace manta::cli
