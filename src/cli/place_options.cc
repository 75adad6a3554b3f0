#include "cli/place_options.h"

#include <CLI/CLI.hpp>

namespace manta::cli {

void add_placement_commands(CLI::App& app, CommandLine& line) {
  CLI::App* place = app.add_subcommand("place", "Show where replicas would go on given nodes; nothing is started");
  place->add_option("target", line.target, "FILE.yaml or an import path")->required();
  place->add_option("--nodes", line.place.nodes,
                    "Nodes in one line, or a YAML file with a list of them (default: this machine)");
  place->add_flag("--max-replicas", line.place.max_replicas, "As many replicas as autoscaling may come to");
  place->add_flag("--pack", line.place.pack, "Fill nodes one after the other instead of spreading over them");
  place->footer(
      "Exit code 1 when a replica stays pending.\nExamples:\n"
      "  manta place app.yaml\n"
      "  manta place app.yaml --nodes 4xcpu=8,gpu=2,memory=64GiB\n"
      "  manta place app.yaml --nodes '2xcpu=16,gpu=4,accelerator_type=A100,zone=a;cpu=32,zone=b' --max-replicas\n"
      "  manta place app.yaml --nodes nodes.yaml      # [{count: 4, num_cpus: 8, num_gpus: 2, labels: {zone: a}}]");
  place->callback([&line] { line.command = Command::Place; });

  CLI::App* claim = app.add_subcommand(
      "claim", "In a process that a replica has started: use bundles of its reservation for a program");
  claim->add_option("--bundles", line.claim.bundles, "Numbers of bundles: 0,2 (default: the first that are unclaimed)");
  claim->add_option("--count", line.claim.count, "How many, without --bundles")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  claim->add_option("command", line.claim.command, "The program and its arguments, after --")->required();
  claim->footer(
      "The program gets CUDA_VISIBLE_DEVICES; its end gives the bundles back.\nExample:\n"
      "  manta claim --bundles 1 -- ./worker --rank 1");
  claim->callback([&line] { line.command = Command::Claim; });
}

}  // namespace manta::cli
