// What it costs to ask another process each time: a client that sends BYTES over a Unix socket to one of PROCESSES,
// which waits by epoll as it does, and takes the answer before it asks the next one, drawn at random. socket_crowd
// PROCESSES BYTES SECONDS; prints the client's CPU per round trip in microseconds.

#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "load/sockets.h"

namespace manta::bench {
namespace {

// One epoll set, as both sides have.
class Waiting {
 public:
  void add(int fd) const { watch(set_, fd); }
  int next() const {
    epoll_event event{};
    while (::epoll_wait(set_, &event, 1, -1) != 1) continue;
    return event.data.fd;
  }

 private:
  const int set_ = ::epoll_create1(EPOLL_CLOEXEC);
};

[[noreturn]] void echo(int fd, std::size_t size) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const Waiting waiting;
  waiting.add(fd);
  std::string bytes(size, 'x');
  for (;;) {
    receive(waiting.next(), bytes);
    transmit(fd, bytes);
  }
}

double cpu_us() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

int run(std::size_t processes, std::size_t size, double seconds) {
  using Clock = std::chrono::steady_clock;
  const Waiting waiting;
  std::vector<int> sockets;
  std::vector<pid_t> children;
  for (std::size_t i = 0; i < processes; ++i) {
    int fds[2];
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0, "socketpair");
    children.push_back(::fork());
    if (children.back() == 0) echo(fds[1], size);
    ::close(fds[1]);
    waiting.add(fds[0]);
    sockets.push_back(fds[0]);
  }
  std::minstd_rand random(1);
  std::string bytes(size, 'x');
  std::uint64_t rounds = 0;
  const double begun = cpu_us();
  for (const auto end = Clock::now() + std::chrono::duration<double>(seconds); Clock::now() < end; ++rounds) {
    transmit(sockets[random() % sockets.size()], bytes);
    receive(waiting.next(), bytes);
  }
  std::printf("cpu_us=%.3f\n", (cpu_us() - begun) / static_cast<double>(rounds));
  for (const pid_t child : children) ::kill(child, SIGKILL);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  return 0;
}

}  // namespace
}  // namespace manta::bench

int main(int count, char** arguments) {
  return count < 4 ? 2
                   : manta::bench::run(std::strtoul(arguments[1], nullptr, 10), std::strtoul(arguments[2], nullptr, 10),
                                       std::atof(arguments[3]));
}
