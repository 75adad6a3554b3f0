// The floor of a hop: two processes on one core that send BYTES back and forth over a blocking Unix socket.
// socket_floor BYTES SECONDS; prints p50 and p99 of one round trip in microseconds. Pin it with taskset.

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "load/sockets.h"

namespace manta::bench {
namespace {

[[noreturn]] void echo(int fd, std::size_t size) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::string bytes(size, 'x');
  for (;;) {
    receive(fd, bytes);
    transmit(fd, bytes);
  }
}

int run(std::size_t size, double seconds) {
  using Clock = std::chrono::steady_clock;
  int fds[2];
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0, "socketpair");
  if (::fork() == 0) echo(fds[1], size);
  std::string bytes(size, 'x');
  std::vector<double> microseconds;
  const auto end = Clock::now() + std::chrono::duration<double>(seconds);
  for (auto begun = Clock::now(); begun < end;) {
    transmit(fds[0], bytes);
    receive(fds[0], bytes);
    const auto now = Clock::now();
    microseconds.push_back(std::chrono::duration<double, std::micro>(now - begun).count());
    begun = now;
  }
  std::ranges::sort(microseconds);
  std::printf("p50=%.2f p99=%.2f\n", microseconds[microseconds.size() / 2],
              microseconds[microseconds.size() * 99 / 100]);
  return 0;
}

}  // namespace
}  // namespace manta::bench

int main(int count, char** arguments) {
  return count < 3 ? 2 : manta::bench::run(std::strtoul(arguments[1], nullptr, 10), std::atof(arguments[2]));
}
