#include "cli/simulate_options.h"

#include <CLI/CLI.hpp>

namespace manta::cli {
namespace {

constexpr const char* kSimulateExamples =
    R"(A trace is a pattern or a CSV file of TIME,REQUESTS (so many until the next line) or TIME,DEPLOYMENT lines:
  constant:50   poisson:50   sine:10..100/600   steps:10@0,80@300
A time may have a spread, a batch size and a number at a time: 200ms~50ms, '20ms x32', '0.2s *4'.
Faults: crash, slow, cut, restart, node = mean time between two; start, late, lost = share (1%).
Examples:
  manta simulate app.yaml --trace sine:10..100/600 --duration 1h --service Llm=2s~500ms --start-time Llm=40s
  manta simulate app.yaml --trace requests.csv --nodes 4xcpu=16,gpu=2 --price 2.01/node
  manta simulate app.yaml --trace poisson:50 --faults crash=10m,restart=30m,late=1% --update-at 5m --seed 7)";

}  // namespace

void add_simulate_command(CLI::App& app, CommandLine& line) {
  SimulateRequest& request = line.simulate;
  CLI::App* simulate =
      app.add_subcommand("simulate", "Show replicas, latency and cost over time under a load; nothing is started");
  simulate->add_option("target", request.target, "FILE.yaml or an import path")->required();
  simulate->add_option("--trace", request.trace, "When requests come: a pattern or a CSV file")->required();
  simulate->add_option("--duration", request.duration, "Of the run (default: of the file; 10m of a pattern)");
  simulate->add_option("--step", request.step, "Between two rows (default: a twentieth of the duration)");
  simulate->add_option("--service", request.services, "DEPLOYMENT=TIME of one request, or TIME (default: 100ms)");
  simulate->add_option("--start-time", request.start_times, "DEPLOYMENT=TIME until a replica is ready (default: 5s)");
  simulate->add_option("--nodes", request.nodes, "Nodes, as for `place` (default: one that is large enough)");
  simulate->add_option("--price", request.price, "Of an hour: 2.01/node or 2.01/replica");
  simulate->add_option("--timeout", request.timeout, "Deadline of each request (default: request_timeout_s)");
  simulate->add_option("--update-at", request.updates, "A new version of everything is deployed at this time");
  simulate->add_option("--faults", request.faults, "What goes wrong at random: crash=10m,late=1%");
  simulate->add_option("--idempotent", request.idempotent_share, "Share of the requests that may run twice")
      ->check(CLI::Range(0.0, 1.0));
  simulate->add_option("--callers", request.callers, "Threads of the proxy")->check(CLI::Range(1, 64));
  simulate->add_option("--seed", request.seed, "The same seed gives the same run (default: 1)");
  simulate->add_flag("--pack", request.pack, "Fill nodes one after the other, and empty those that are not needed");
  simulate->add_flag("--json", request.json, "The report as JSON");
  simulate->footer(kSimulateExamples);
  simulate->callback([&line] { line.command = Command::Simulate; });
}

}  // namespace manta::cli
