#pragma once

#include <functional>
#include <vector>

namespace manta {

class Args;
struct Application;

// As in <manta/application.h>, without its templates.
using BuildFunction = std::function<std::vector<Application>(const Args&)>;

}  // namespace manta
