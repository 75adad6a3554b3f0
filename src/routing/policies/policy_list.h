#pragma once

#include <string>

#include <manta/error.h>
#include <manta/routing_config.h>

#include "routing/policy.h"

namespace manta::routing {

// A new policy as configured (spec::read_routing_policy says which names and options there are). InvalidArgument for
// what is not known.
Result<Policy> make_policy(const RequestRouterConfig& config, const CustomPolicies& custom = {});
// By its name, with its default options.
Result<Policy> make_policy(const std::string& name, const CustomPolicies& custom = {});

// Whether it chooses by what it knows of the request itself, so that what is known of models does not overrule it.
bool chooses_by_request(const RequestRouterConfig& config);

}  // namespace manta::routing
