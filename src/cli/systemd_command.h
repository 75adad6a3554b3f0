#pragma once

#include <string>
#include <vector>

#include <manta/error.h>

namespace manta::cli {

// Words of `manta systemd`.
struct SystemdRequest {
  std::string role;                            // head, worker; empty: one machine, without Ray
  std::string address;                         // IP:PORT at which the head's Ray is reached
  std::string state_dir = "/var/lib/manta";    // of the instance
  std::string user = "manta";                  // who runs it
  std::string ray = "/opt/manta/ray/bin/ray";  // Ray's command on these machines
  std::string ray_store;                       // folder on the head in which Ray keeps its tables; empty: in memory
  std::string output;                          // folder to write the units to; empty: they are printed
};

// One unit file.
struct SystemdUnit {
  std::string name;  // "manta.service"
  std::string text;
};

// The units of one machine. `manta` is the path of the binary. InvalidArgument when the words do not fit together, or
// one of them cannot stand in a unit.
Result<std::vector<SystemdUnit>> systemd_units(const SystemdRequest& request, const std::string& manta);

int systemd_command(const SystemdRequest& request);

}  // namespace manta::cli
