#include "cli/background.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/terminal.h"

namespace manta::cli {
namespace {

constexpr int kFailed = 1;

sigset_t passed_on() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  return set;
}

// Also of one that was stopped in good order: it is not there in the background.
int failure_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return kFailed;
  return WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : kFailed;
}

// The end of `ready` without a byte is the child's end: nobody else holds the other end.
int wait_until_ready(pid_t child, int ready, int signals) {
  std::array<pollfd, 2> watched = {pollfd{.fd = ready, .events = POLLIN, .revents = 0},
                                   pollfd{.fd = signals, .events = POLLIN, .revents = 0}};
  for (;;) {
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) return kFailed;
    signalfd_siginfo info{};
    if ((watched[1].revents & POLLIN) != 0 && ::read(signals, &info, sizeof info) > 0) ::kill(child, SIGTERM);
    char byte = 0;
    if (watched[0].revents != 0) return ::read(ready, &byte, 1) > 0 ? 0 : failure_of(child);
  }
}

}  // namespace

std::optional<int> go_to_background(int& ready_fd) {
  ready_fd = -1;
  std::array<int, 2> ready{};
  const sigset_t signals = passed_on();
  sigset_t before;
  ::sigprocmask(SIG_BLOCK, &signals, &before);
  const int signal_fd = ::signalfd(-1, &signals, SFD_CLOEXEC);
  const bool has_pipe = ::pipe2(ready.data(), O_CLOEXEC) == 0;
  const pid_t child = has_pipe && signal_fd >= 0 ? ::fork() : -1;
  if (child < 0) {
    print_error_line(std::string("error: cannot go to the background: ") + std::strerror(errno));
    return kFailed;
  }
  if (child > 0) {
    ::close(ready[1]);
    return wait_until_ready(child, ready[0], signal_fd);
  }
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  ::close(signal_fd);
  ::close(ready[0]);
  ::setsid();
  ready_fd = ready[1];
  return std::nullopt;
}

void let_go(int ready_fd, const std::string& log) {
  const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  for (const int output : {STDOUT_FILENO, STDERR_FILENO}) ::dup2(file < 0 ? null : file, output);
  if (file >= 0) ::close(file);
  ::close(null);
  const char byte = 1;
  if (::write(ready_fd, &byte, 1) < 0) print_error_line("nobody waits for the instance any more");
  ::close(ready_fd);
}

}  // namespace manta::cli
