#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/admin_client.h"
#include "control/traffic_state.h"

namespace manta::cli {

// `manta traffic` as it was typed.
struct TrafficRequestLine {
  std::string application, route;
  std::string set;  // "V1=90,V2=10"
  bool promote = false, rollback = false, restart = false;
  std::string deployment;  // of promote and rollback; empty: the one that the promotion names
};

// Adds the options of the command to `command`.
void add_traffic_options(CLI::App& command, TrafficRequestLine& line);

// What is wanted; `action` is empty when nothing is to change. InvalidArgument for weights that are none.
Result<control::TrafficRequest> traffic_request(const TrafficRequestLine& line);

// What a person reads about the rules of an application.
std::string traffic_text(const std::string& application, const std::vector<control::TrafficDetails>& rules);

// Changes the weights of a route, or only shows them. Returns the exit code.
int traffic_command(const AdminTarget& target, const TrafficRequestLine& line);

}  // namespace manta::cli
