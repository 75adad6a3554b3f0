#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include <manta/error.h>

namespace manta::runtime {

// The first descriptor number that a spawned program finds its inherited ones at.
inline constexpr int kFirstInherited = 3;

// What a process may use; empty: as much as its parent.
struct ProcessLimits {
  std::vector<int> cpus;  // to run on
  std::string cgroup;     // file to which the process writes its number before it runs
  int threads = 0;        // told in OMP_NUM_THREADS, when the environment has none; 0: not told
};

struct SpawnOptions {
  std::string program;            // path; "/proc/self/exe" is the caller's own binary, also when replaced on disk
  std::vector<std::string> argv;  // with argv[0]
  std::vector<std::string> environment;  // "NAME=value", complete
  std::vector<int> inherited;            // become 3, 4, ... ; everything else is closed (close-on-exec)
  int output = -1;                       // becomes standard error, and standard output unless `separate_stdout` is set
  int separate_stdout = -1;
  int input = -1;  // becomes standard input; none: /dev/null
  ProcessLimits limits = {};
};

// Starts a process in a process group of its own that dies with the calling *thread* (the kernel's parent-death signal
// is bound to it): call from a thread that lives as long as the process should. Returns
// after exec; Unavailable with errno's text when the program cannot be executed.
Result<pid_t> spawn(const SpawnOptions& options);

// The environment of this process with `changes` ("NAME" -> value) on top. The one place that hands an environment on.
std::vector<std::string> environment_with(const std::vector<std::string>& base,
                                          const std::vector<std::pair<std::string, std::string>>& changes);

}  // namespace manta::runtime
