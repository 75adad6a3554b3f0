#pragma once

#include "spec/instance_config.h"
#include "spec/parse_config.h"

namespace manta::spec {

// Notes in each application where its values stand in the file: "deployments.Embed.num_replicas" -> "app.yaml:12", and
// behind it what is written there if the environment decided: "app.yaml:12 ${REPLICAS:-2}".
void note_places(InstanceConfig& config, const ConfigPlaces& places);

// The places of `before` stay for what is still the same in `after`: of a change of single values by the REST API.
void keep_places(const ApplicationConfig& before, ApplicationConfig& after);

}  // namespace manta::spec
