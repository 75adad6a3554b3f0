#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/error.h>

#include "spec/application_graph.h"
#include "spec/instance_config.h"
#include "spec/shared.h"

namespace manta::control {

// Where an application's code comes from.
struct ArtifactRef {
  std::string kind = "library";  // library (lib.so:function), executable (exec:path), builtin (builtin:name)
  std::string source;            // as in import_path, without the function
  std::string function;          // of a library; the name of a builtin
  std::string sha256;            // of the copy; empty for a builtin
  std::string path;              // of the copy, absolute; empty for a builtin
  bool operator==(const ArtifactRef&) const = default;
};
BOOST_DESCRIBE_STRUCT(ArtifactRef, (), (kind, source, function, sha256, path))

// One deployed application as the store keeps it: enough to start its replicas again without looking at the original
// files.
struct ApplicationRecord {
  std::string name;
  std::string route_prefix;
  int graph_index = 0;             // which of the applications that build() returns
  spec::ApplicationConfig config;  // as deployed; environment resolved
  spec::ApplicationGraph graph;    // as described, overrides applied
  ArtifactRef artifact;
  double deployed_at_s = 0;  // Unix time
  std::string note;          // why it is deployed when nobody asked for it: an automatic rollback
  bool operator==(const ApplicationRecord&) const = default;
};
BOOST_DESCRIBE_STRUCT(ApplicationRecord, (),
                      (name, route_prefix, graph_index, config, graph, artifact, deployed_at_s, note))

// Of applications that a change leaves alone they are the same objects afterwards.
using ApplicationRecords = std::vector<spec::Shared<ApplicationRecord>>;

// The node of that name; nullptr if the application has none.
const spec::NodeSpec* node_of(const ApplicationRecord& record, std::string_view deployment);

// What an import path names, not yet copied. InvalidArgument when nothing here can run it.
Result<ArtifactRef> artifact_of(const std::string& import_path);

// Methods that take or give the same have one text of its schema.
void share_equal_schemas(spec::ApplicationGraph& graph);

// Hash of everything that makes a running replica out of date: artifact, environment, the node's fingerprint (which
// holds what the deployment was bound to) and those of its settings that a process gets at its start. The arguments of
// the build are not part of it: what they change in a deployment shows in its fingerprint.
std::string version_of(const ApplicationRecord& record, const spec::NodeSpec& node);

// Makes records of what one entry of applications[] describes. A name of the configuration wins when it is not the
// default, a route prefix when it is given; a build of several applications keeps its own. Overrides are applied; one
// that names no deployment, or an unknown field, is InvalidArgument.
Result<std::vector<ApplicationRecord>> make_records(const spec::ApplicationConfig& config, const ArtifactRef& artifact,
                                                    std::vector<spec::ApplicationGraph> graphs, double now_s);

// InvalidArgument when two have the same name, or the same route prefix.
Result<void> check_unique(const ApplicationRecords& records);

// Errors about entry `index` of applications[]: the detail becomes the JSON path in the configuration of what is wrong,
// "$.applications[0].deployments[1].name". `error` may name a place below the entry.
Error of_application(std::size_t index, Error error);
Error of_import_path(std::size_t index, Error error);
// Its artifact could not be described, for the reason that `error` tells.
Error not_described(std::size_t index, const spec::ApplicationConfig& config, Error error);

}  // namespace manta::control
