#pragma once

namespace manta::control {

// The number of replicas that makes whole gangs: rounded up.
constexpr int whole_gangs(int replicas, int gang_size) {
  return gang_size <= 1 || replicas <= 0 ? replicas : (replicas + gang_size - 1) / gang_size * gang_size;
}

}  // namespace manta::control
