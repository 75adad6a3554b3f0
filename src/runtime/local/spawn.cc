#include "runtime/local/spawn.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace manta::runtime {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

struct ChildPlan {
  const char* program;
  char** argv;
  char** environment;
  const int* inherited;
  int inherited_count;
  int in, out, err;
  pid_t parent;
  int report;  // close-on-exec pipe for errno
  const cpu_set_t* cpus;
  const char* cgroup;
};

[[noreturn]] void give_up(const ChildPlan& plan) {
  const int error = errno;
  (void)!::write(plan.report, &error, sizeof error);
  ::_exit(127);
}

void reset_signals() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// After fork: only async-signal-safe calls. Descriptors are first moved out of the way, as their numbers may overlap.
[[noreturn]] void run_child(ChildPlan plan) {
  ::setpgid(0, 0);
  reset_signals();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != plan.parent) ::_exit(127);
  constexpr int kAside = 200;
  plan.report = ::fcntl(plan.report, F_DUPFD_CLOEXEC, kAside);
  std::array<int, 16> aside{};
  for (int i = 0; i < plan.inherited_count; ++i) {
    aside[static_cast<std::size_t>(i)] = ::fcntl(plan.inherited[i], F_DUPFD_CLOEXEC, kAside);
    if (aside[static_cast<std::size_t>(i)] < 0) give_up(plan);
  }
  if (plan.cpus != nullptr && ::sched_setaffinity(0, sizeof *plan.cpus, plan.cpus) != 0) give_up(plan);
  if (plan.cgroup != nullptr) {
    const int group = ::open(plan.cgroup, O_WRONLY | O_CLOEXEC);
    if (group < 0 || ::write(group, "0", 1) != 1) give_up(plan);
  }
  const int in = plan.in >= 0 ? plan.in : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (in >= 0) ::dup2(in, STDIN_FILENO);
  if (plan.out >= 0) ::dup2(plan.out, STDOUT_FILENO);
  if (plan.err >= 0) ::dup2(plan.err, STDERR_FILENO);
  for (int i = 0; i < plan.inherited_count; ++i)
    if (::dup2(aside[static_cast<std::size_t>(i)], kFirstInherited + i) < 0) give_up(plan);
  ::execve(plan.program, plan.argv, plan.environment);
  give_up(plan);
}

}  // namespace

Result<pid_t> spawn(const SpawnOptions& options) {
  if (options.inherited.size() > 16) return fail(ErrorCode::Internal, "too many inherited descriptors");
  auto argv = pointers(options.argv);
  auto environment = pointers(options.environment);
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  for (const int cpu : options.limits.cpus) CPU_SET(static_cast<std::size_t>(cpu), &cpus);
  std::array<int, 2> report{};
  if (::pipe2(report.data(), O_CLOEXEC) != 0)
    return fail(ErrorCode::Unavailable, fmt::format("pipe: {}", std::strerror(errno)));
  const ChildPlan plan{.program = options.program.c_str(),
                       .argv = argv.data(),
                       .environment = environment.data(),
                       .inherited = options.inherited.data(),
                       .inherited_count = static_cast<int>(options.inherited.size()),
                       .in = options.input,
                       .out = options.separate_stdout >= 0 ? options.separate_stdout : options.output,
                       .err = options.output,
                       .parent = ::getpid(),
                       .report = report[1],
                       .cpus = options.limits.cpus.empty() ? nullptr : &cpus,
                       .cgroup = options.limits.cgroup.empty() ? nullptr : options.limits.cgroup.c_str()};
  const pid_t pid = ::fork();
  if (pid == 0) run_child(plan);
  const int fork_error = errno;
  ::close(report[1]);
  int error = 0;
  const bool failed = pid > 0 && ::read(report[0], &error, sizeof error) == static_cast<ssize_t>(sizeof error);
  ::close(report[0]);
  if (pid < 0)
    return fail(ErrorCode::Unavailable, fmt::format("cannot start {}: {}", options.program, std::strerror(fork_error)));
  if (failed) {
    ::waitpid(pid, nullptr, 0);
    return fail(ErrorCode::Unavailable, fmt::format("cannot execute {}: {}", options.program, std::strerror(error)));
  }
  return pid;
}

std::vector<std::string> environment_with(const std::vector<std::string>& base,
                                          const std::vector<std::pair<std::string, std::string>>& changes) {
  std::vector<std::string> result;
  for (const std::string& entry : base) {
    const std::string_view name = std::string_view(entry).substr(0, entry.find('='));
    if (std::ranges::none_of(changes, [&](const auto& change) { return change.first == name; }))
      result.push_back(entry);
  }
  for (const auto& [name, value] : changes) result.push_back(name + "=" + value);
  return result;
}

}  // namespace manta::runtime
