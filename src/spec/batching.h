#pragma once

#include <string>
#include <vector>

#include <manta/config.h>
#include <manta/error.h>

#include "spec/application_graph.h"
#include "spec/instance_config.h"
#include "spec/validate.h"

namespace manta::spec {

// Of `batching` and `response_cache`, with the place below the configuration.
std::vector<Fault> batching_faults(const DeploymentConfig& config);
// Of `response_cache` against the methods of the deployment: only idempotent ones that do not stream can be kept.
std::vector<Fault> response_cache_faults(const NodeSpec& node);

// Whether the answers of a method are kept and shared.
bool keeps_answers(const ResponseCacheConfig& config, const MethodSpec& method);

// Requests that must run at once so that the batches of the configuration can fill: the largest max_batch_size *
// max_concurrent_batches. 0: none says.
int concurrency_for_batches(const DeploymentConfig& config);

// A deployment can only fill its batches with requests that run together. Where max_ongoing_requests is not given it is
// raised to what `batching` needs; where it is given and too low, that is InvalidArgument naming both values. `given`:
// in the file, or with another value than the default in code; raise_for_batches is false afterwards, unless the file
// gives that too.
// Ray Serve only warns of such a conflict, and so do replicas when the sizes come from code: its files stay valid.
// `batching` is no key of Ray Serve.
Result<void> fit_batches(DeploymentConfig& config, bool given);

// fit_batches() for every deployment, after the overrides have been applied. The error's detail is the path of the
// field below the application's configuration.
Result<void> fit_batches(ApplicationGraph& graph, const std::vector<DeploymentOverride>& overrides);

}  // namespace manta::spec
