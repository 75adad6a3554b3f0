#pragma once

#include <string>
#include <vector>

#include <manta/error.h>

#include "control/cluster_view.h"

namespace manta::cli {

// Nodes in one line: "4xcpu=8,gpu=2;cpu=16,memory=64GiB,zone=a". Parts are separated by semicolons, "4x" is so many of
// them; cpu, gpu, memory, accelerator_type, name and resource:NAME are amounts, every other key is a label. Names are
// node-1, node-2, ... unless given. InvalidArgument says which part is wrong.
Result<std::vector<control::NodeView>> parse_node_list(const std::string& text);

// The same from YAML: a list (or a mapping with the list under `nodes`) of {name, count, num_cpus, num_gpus, memory,
// resources, labels, accelerator_type}; memory in bytes. `file` is for messages.
Result<std::vector<control::NodeView>> parse_node_file(const std::string& yaml, const std::string& file);

}  // namespace manta::cli
