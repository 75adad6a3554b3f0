#pragma once

#include <optional>
#include <string>

#include <manta/config.h>

#include "spec/instance_config.h"
#include "spec/parse_config.h"

namespace manta::cli {

// What `run` and `start` were asked for, after the command line, the configuration file and the environment were read.
struct InstanceOptions {
  spec::InstanceConfig config;  // applications empty: those that the state folder has stored come back
  spec::ConfigPlaces places;    // of `config` in its file
  bool deploy = true;           // false: `start`
  int admin_port = 8265;
  std::string state_dir;
  Resources total;       // what this machine has to give
  bool verbose = false;  // also the log of agent, controller and proxy on the terminal
  std::string argv0 = "manta";
};

// CPUs this process may use, memory of the machine, and its NVIDIA devices.
Resources machine_resources();

}  // namespace manta::cli
