#include "runtime/local/orphans.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/read_file.h"

namespace manta::runtime {
namespace {

namespace fs = std::filesystem;

constexpr int kGuardFd = 3;

// Empty where the process has ended meanwhile.
std::string content_of(const std::string& path) { return read_file(path).value_or(std::string()); }

std::vector<pid_t> processes() {
  std::vector<pid_t> pids;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc", ignored)) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (error == std::errc() && end == name.data() + name.size()) pids.push_back(pid);
  }
  return pids;
}

// From /proc/<pid>/stat: "pid (name) state ppid ..."; the name may hold anything, also parentheses.
struct Stat {
  char state = '?';
  pid_t parent = 0;
};
Stat stat_of(pid_t pid) {
  const std::string text = content_of(fmt::format("/proc/{}/stat", pid));
  const std::size_t end = text.rfind(')');
  Stat stat;
  if (end == std::string::npos || end + 4 >= text.size()) return stat;
  stat.state = text[end + 2];
  std::from_chars(text.data() + end + 4, text.data() + text.size(), stat.parent);
  return stat;
}

bool has_token(pid_t pid, const std::string& entry) {
  const std::string environment = std::string(1, '\0') + content_of(fmt::format("/proc/{}/environ", pid));
  return environment.find(std::string(1, '\0') + entry + std::string(1, '\0')) != std::string::npos;
}

}  // namespace

std::uint64_t process_birth(pid_t pid) {
  const std::string text = content_of(fmt::format("/proc/{}/stat", pid));
  const std::size_t end = text.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream fields(text.substr(end + 1));
  std::string state, skipped;
  fields >> state;
  if (state == "Z" || state == "X") return 0;
  constexpr int kBetweenStateAndStart = 18;
  for (int i = 0; i < kBetweenStateAndStart; ++i) fields >> skipped;
  std::uint64_t birth = 0;
  fields >> birth;
  return birth;
}

int kill_adopted_orphans(const std::set<pid_t>& own, const std::set<pid_t>& live_groups) {
  int killed = 0;
  const pid_t self = ::getpid();
  for (const pid_t pid : processes()) {
    const Stat stat = stat_of(pid);
    if (stat.parent != self || own.contains(pid) || live_groups.contains(::getpgid(pid))) continue;
    if (stat.state != 'Z' && ::kill(pid, SIGKILL) == 0) ++killed;
  }
  return killed;
}

// A process may fork while the scan runs: until a scan finds none.
int kill_instance(const std::string& token) {
  const std::string entry = fmt::format("{}={}", kInstanceVariable, token);
  const pid_t self = ::getpid();
  int killed = 0;
  for (int round = 0; round < 20; ++round) {
    int found = 0;
    for (const pid_t pid : processes())
      if (pid != self && stat_of(pid).state != 'Z' && has_token(pid, entry) && ::kill(pid, SIGKILL) == 0) ++found;
    if (found == 0) break;
    killed += found;
  }
  return killed;
}

Result<pid_t> start_guard(const std::string& token) {
  std::array<int, 2> life{};
  if (::pipe2(life.data(), O_CLOEXEC) != 0)
    return fail(ErrorCode::Unavailable, std::string("pipe: ") + std::strerror(errno));
  const pid_t pid = ::fork();
  if (pid < 0) return fail(ErrorCode::Unavailable, std::string("cannot fork: ") + std::strerror(errno));
  if (pid > 0) {
    ::close(life[0]);  // the other end stays open as long as the agent lives
    return pid;
  }
  ::setsid();
  ::prctl(PR_SET_NAME, "manta guard");
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
  ::dup2(life[0], kGuardFd);
  ::close_range(kGuardFd + 1, ~0U, 0);
  const int null = ::open("/dev/null", O_RDWR);
  for (int fd = 0; fd < kGuardFd; ++fd) ::dup2(null, fd);
  ::close(null);
  char byte = 0;
  while (::read(kGuardFd, &byte, 1) != 0) {
  }
  kill_instance(token);
  ::_exit(0);
}

}  // namespace manta::runtime
