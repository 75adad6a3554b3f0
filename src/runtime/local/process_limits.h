#pragma once

#include <map>
#include <string>
#include <vector>

#include <manta/error.h>

namespace manta::runtime {

// Which CPUs of this machine each replica runs on, when limits are enforced: as many of its own as the whole number in
// its num_cpus, the rest (at least one) for those with fractions and those that came too late. Pure.
class CpuSets {
 public:
  explicit CpuSets(std::vector<int> cpus);

  // The CPUs for a replica with `num_cpus`. One CPU of the machine always stays shared.
  std::vector<int> take(const std::string& replica, double num_cpus);
  void give_back(const std::string& replica);

 private:
  std::vector<int> shared_;                        // ascending
  std::map<std::string, std::vector<int>> owned_;  // by replica
};

// The CPUs that this process may use.
std::vector<int> allowed_cpus();

// Memory limits by cgroup version 2: one group for each replica below a folder in which this user may make groups.
// Without such a folder nothing is limited, and why() says why.
class MemoryGroups {
 public:
  // `root`: where version 2 is mounted; `own`: the group of this process there ("/user.slice/a.scope"). Groups are made
  // beside this process, in `own`, when the memory controller can be handed on there.
  MemoryGroups(const std::string& root, const std::string& own);

  bool available() const { return why_.empty(); }
  const std::string& why() const { return why_; }
  // Makes the group `name` with a limit of `bytes`; returns the file to which a process writes its number to join.
  Result<std::string> make(const std::string& name, double bytes);
  void remove(const std::string& name);  // after its last process has ended

 private:
  std::string folder_, why_;
};

// The group of this process in the hierarchy of version 2; "/" when there is none.
std::string own_cgroup();

}  // namespace manta::runtime
