#pragma once

#include <optional>
#include <string_view>

#include <manta/config.h>
#include <manta/error.h>

#include "control/application_record.h"
#include "spec/replica_set.h"

namespace manta::control {

// Deployments that proxies run in their own processes (`in_proxy`): they have no replicas, and routing snapshots tell
// what to run.

inline constexpr std::string_view kRunsInProxies = "runs in the HTTP proxies (in_proxy), without replicas";

// InvalidArgument, with the place below the application, for one that a proxy cannot run, and why.
Result<void> check_in_proxy(const spec::ApplicationConfig& config, const ArtifactRef& artifact,
                            const spec::ApplicationGraph& graph);
// The same for an instance that has no proxies (`proxy_location: Disabled`).
Result<void> check_proxies_run(const ApplicationRecord& record, std::string_view proxy_location);

// What proxies are told to run of a deployment; none: it has replicas.
std::optional<spec::HostedDefinition> hosted_definition(const ApplicationRecord& record, const spec::NodeSpec& node);

// How many replicas the configuration asks for.
constexpr int configured_replicas(const DeploymentConfig& config) { return config.in_proxy ? 0 : config.num_replicas; }

}  // namespace manta::control
