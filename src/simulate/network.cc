#include "simulate/network.h"

#include <algorithm>
#include <utility>

#include "simulate/draw.h"

namespace manta::simulate {

void Network::send(Pipe& pipe, Loop::Callback deliver) {
  Duration delay = options_.least + scaled(options_.most - options_.least, unit(random_));
  if (options_.late_share > 0 && unit(random_) < options_.late_share) delay += scaled(options_.late, unit(random_));
  pipe.last = std::max(pipe.last, loop_.now() + delay);
  loop_.at(pipe.last, std::move(deliver));
}

bool Network::lose() { return options_.lost_share > 0 && unit(random_) < options_.lost_share; }

void Network::calm_down() { options_.late_share = options_.lost_share = 0; }

}  // namespace manta::simulate
