#pragma once

#include <vector>

#include <manta/application.h>

namespace manta::builtin {

// builtin:ab_router. `args` of it: model_a, model_b and traffic_split, or targets, each with a weight. A model is
// "application/Deployment" (or "Deployment", with a method if that is not `call`), or another built-in application with
// its args, which then runs as part of this one. docs/guide/traffic.md shows both.
std::vector<Application> build_ab_router(const Args& args);

}  // namespace manta::builtin
