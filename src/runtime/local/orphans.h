#pragma once

#include <cstdint>
#include <set>
#include <string>

#include <sys/types.h>

#include <manta/error.h>

namespace manta::runtime {

// Every process of an instance carries this variable; its value names the instance and the life of its agent.
inline constexpr const char* kInstanceVariable = "MANTA_INSTANCE";

// Kills the children of this process that it did not start itself: orphans that it adopted as a subreaper. Spared are
// `own`, and those in a process group of `live_groups`, whose replica still lives. Returns how many.
int kill_adopted_orphans(const std::set<pid_t>& own, const std::set<pid_t>& live_groups);

// Kills every process of this user whose environment has MANTA_INSTANCE=`token`, but the caller. Returns how many.
int kill_instance(const std::string& token);

// Forks the guard: a process outside the agent's process group that does nothing until the agent has ended, however
// that came about, and then kills what is left of the instance. Its life is bound to the agent's by a pipe.
Result<pid_t> start_guard(const std::string& token);

// When the process began, in the kernel's ticks since the machine did; 0 when there is none (or only a zombie).
std::uint64_t process_birth(pid_t pid);

}  // namespace manta::runtime
