#include "cli/cluster/options.h"

namespace manta::cli {

void add_cluster_options(CLI::App& command, ClusterArguments& arguments) {
  command
      .add_option("--backend", arguments.backend,
                  "local: all processes on this machine; ray: on the nodes of the Ray cluster at --address, whose head "
                  "this machine is")
      ->capture_default_str()
      ->check(CLI::IsMember({"local", "ray"}));
  command
      .add_option("--ray-namespace", arguments.ray_namespace,
                  "Instances of different names on one cluster do not see each other")
      ->capture_default_str();
  command.add_option("--cluster-host", arguments.host,
                     "Address of this machine by which all nodes reach it (default: the one that leads to --address)");
  command
      .add_option(
          "--cluster-port", arguments.port,
          "Port on which proxies and replicas of all nodes reach the controller (default: 8267, or the next free "
          "one)")
      ->check(CLI::Range(1, 65535));
  command.add_flag("--detach", arguments.detach, "Return when the instance is ready; `manta shutdown` ends it");
  command.add_flag(
      "--share-supervisors", arguments.share_supervisors,
      "One supervisor (45 MB) for all replicas of a node that need no GPU and no placement group, in place "
      "of one for each; they end together when it dies");
  command.add_option(
      "--cluster-cert", arguments.certificate,
      "Certificate of the instance's processes (PEM, the same path on all nodes): mutual TLS between them");
  command.add_option("--cluster-key", arguments.key, "Its private key");
  command.add_option("--cluster-ca", arguments.authority, "The authority whose certificates are believed");
}

}  // namespace manta::cli
