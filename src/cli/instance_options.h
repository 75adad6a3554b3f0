#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include <manta/config.h>
#include <manta/error.h>

#include "spec/instance_config.h"
#include "spec/parse_config.h"

namespace manta::cli {

// What `run` and `start` were asked for, after the command line, the configuration file and the environment were read.
struct InstanceOptions {
  spec::InstanceConfig config;      // applications empty: those that the state folder has stored come back
  spec::ConfigPlaces places;        // of `config` in its file
  bool deploy = true;               // false: `start`
  bool http_port_is_given = false;  // that of `config`, by the command line or the file: no other one will do
  std::optional<int> admin_port;    // not given: 8265, or the next free one
  std::optional<int> metrics_port;  // of the page /metrics; 0: none; not given: 8080, or the next free one
  std::string state_dir;
  Resources total;  // what this machine has to give
  std::map<std::string, std::string> labels;
  std::string accelerator_type;  // kind of its GPUs; empty: not known
  bool enforce_limits = false;   // CPUs and memory that replicas asked for are all that they get
  bool verbose = false;          // also the log of agent, controller and proxy on the terminal
  int ready_fd = -1;             // for let_go() once it is ready; -1: it stays at the terminal
  std::string argv0 = "manta";
  std::string by = {};  // who started it, for the history: "alice: manta run app.yaml"
  std::string target;   // what `run` was given
  std::function<Result<spec::InstanceConfig>()> read_again;  // --reload: reads it anew; empty: nothing is watched
};

// CPUs this process may use, memory of the machine, and its NVIDIA devices.
Resources machine_resources();

}  // namespace manta::cli
