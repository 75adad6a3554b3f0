#include <filesystem>

#include <sched.h>
#include <unistd.h>

#include "cli/instance_options.h"

namespace manta::cli {

Resources machine_resources() {
  Resources total;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  total.num_cpus = ::sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
  total.memory = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGE_SIZE));
  std::error_code ignored;
  for (int gpu = 0; std::filesystem::exists("/dev/nvidia" + std::to_string(gpu), ignored); ++gpu) total.num_gpus += 1;
  return total;
}

}  // namespace manta::cli
