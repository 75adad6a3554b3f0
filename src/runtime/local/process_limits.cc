#include "runtime/local/process_limits.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/read_file.h"

namespace manta::runtime {
namespace {

std::string limit_file(const std::string& path) { return read_file(path).value_or(std::string()); }

// Kernel files take a value in one write and answer with the error of that write.
bool write_to(const std::string& path, const std::string& value) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = ::write(fd, value.data(), value.size()) == static_cast<ssize_t>(value.size());
  const int error = errno;
  ::close(fd);
  errno = error;
  return written;
}

bool has_word(const std::string& text, std::string_view word) {
  return (" " + text + " ").find(fmt::format(" {}", word)) != std::string::npos;
}

}  // namespace

CpuSets::CpuSets(std::vector<int> cpus) : shared_(std::move(cpus)) { std::ranges::sort(shared_); }

std::vector<int> CpuSets::take(const std::string& replica, double num_cpus) {
  const auto whole = static_cast<std::size_t>(std::max(0.0, std::floor(num_cpus)));
  const bool is_whole = whole > 0 && static_cast<double>(whole) == num_cpus;
  if (!is_whole || shared_.size() <= whole) return shared_;
  std::vector<int> own(shared_.begin(), shared_.begin() + static_cast<std::ptrdiff_t>(whole));
  shared_.erase(shared_.begin(), shared_.begin() + static_cast<std::ptrdiff_t>(whole));
  owned_[replica] = own;
  return own;
}

void CpuSets::give_back(const std::string& replica) {
  const auto own = owned_.find(replica);
  if (own == owned_.end()) return;
  shared_.insert(shared_.end(), own->second.begin(), own->second.end());
  std::ranges::sort(shared_);
  owned_.erase(own);
}

std::vector<int> allowed_cpus() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) cpus.push_back(cpu);
  return cpus;
}

// A group that hands a controller on may hold no process itself: this one moves to a group of its own first.
MemoryGroups::MemoryGroups(const std::string& root, const std::string& own) : folder_(root + own) {
  while (folder_.ends_with('/')) folder_.pop_back();
  if (!has_word(limit_file(folder_ + "/cgroup.controllers"), "memory")) {
    why_ = fmt::format("{} has no memory controller of cgroup version 2", folder_);
    return;
  }
  const std::string agent = folder_ + "/manta-agent";
  if (::mkdir(agent.c_str(), 0755) != 0 && errno != EEXIST) {
    why_ = fmt::format("no group can be made in {}: {}", folder_, std::strerror(errno));
    return;
  }
  if (!write_to(agent + "/cgroup.procs", std::to_string(::getpid())) ||
      !write_to(folder_ + "/cgroup.subtree_control", "+memory"))
    why_ = fmt::format("the memory controller cannot be handed on in {}: {}", folder_, std::strerror(errno));
}

Result<std::string> MemoryGroups::make(const std::string& name, double bytes) {
  const std::string group = folder_ + "/" + name;
  if (::mkdir(group.c_str(), 0755) != 0 && errno != EEXIST)
    return fail(ErrorCode::Unavailable, fmt::format("cannot make {}: {}", group, std::strerror(errno)));
  if (!write_to(group + "/memory.max", fmt::format("{:.0f}", bytes)))
    return fail(ErrorCode::Unavailable, fmt::format("cannot limit {}: {}", group, std::strerror(errno)));
  return group + "/cgroup.procs";
}

void MemoryGroups::remove(const std::string& name) { ::rmdir((folder_ + "/" + name).c_str()); }

std::string own_cgroup() {
  std::ifstream file("/proc/self/cgroup");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("0::")) return line.substr(3);
  return "/";
}

}  // namespace manta::runtime
