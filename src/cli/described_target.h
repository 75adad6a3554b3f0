#pragma once

#include <string>
#include <vector>

#include <manta/error.h>

#include "cli/environment.h"
#include "control/cluster_view.h"
#include "spec/application_graph.h"
#include "spec/instance_config.h"
#include "spec/parse_config.h"

namespace manta::cli {

// What commands look at that start nothing: `place` and `simulate`.

// The nodes of a list in one line (node_list.h) or of a YAML file.
Result<std::vector<control::NodeView>> nodes_of(const std::string& text);

// The configuration, also when the code that it names is not here or cannot run here.
Result<spec::InstanceConfig> config_to_describe(const std::string& target, const Environment& environment,
                                                spec::ConfigPlaces& places);

// What the code of an application builds, without the overrides of the configuration; fails when it is not here.
// Blocks.
Result<std::vector<spec::ApplicationGraph>> graphs_of(const spec::ApplicationConfig& application,
                                                      const Environment& environment);

// What the file says of an application whose code is not here: its deployments over the defaults.
Result<spec::ApplicationGraph> graph_of_file(const spec::ApplicationConfig& application);

}  // namespace manta::cli
