// Many streams at once: open_streams PORT PATH COUNT stalled|reading BODY
// Opens COUNT connections and asks for a stream on each. Prints "open" when each has its first bytes; then reads on, or
// not at all (`stalled`), until its standard input ends. Prints one line of JSON then: streams, events, how many ended.

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "load/sockets.h"

namespace manta::bench {
namespace {

constexpr int kAtOnce = 64;  // answers awaited while connections are made: what a listener's queue holds
constexpr std::uint64_t kStandardInput = ~std::uint64_t{0};

struct Streams {
  std::vector<int> connections;
  std::vector<bool> has_begun;
  std::vector<char> last;  // byte of each, to count the ends of events
  std::size_t begun = 0, ended = 0;
  long events = 0;
  bool over = false;  // standard input has ended
};

class OpenStreams {
 public:
  OpenStreams(int port, std::string request, bool stalled)
      : port_(port), request_(std::move(request)), stalled_(stalled) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = kStandardInput}};
    require(::epoll_ctl(poll_, EPOLL_CTL_ADD, 0, &event) == 0, "standard input is no pipe");
  }

  Streams run(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      open();
      while (streams_.connections.size() - streams_.begun >= kAtOnce && turn(-1)) continue;
    }
    while (streams_.begun < count && turn(-1)) continue;
    std::puts("open");
    std::fflush(stdout);
    while (turn(-1)) continue;
    return streams_;
  }

 private:
  void open() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(fd >= 0, "socket");
    const int little = 4096;  // what the kernel takes in for a reader that has stopped
    if (stalled_) ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &little, sizeof little);
    const sockaddr_in address = loopback(port_);
    require(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
    require(::send(fd, request_.data(), request_.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request_.size()),
            "send");
    epoll_event event{.events = EPOLLIN, .data = {.u64 = streams_.connections.size()}};
    require(::epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
    streams_.connections.push_back(fd);
    streams_.has_begun.push_back(false);
    streams_.last.push_back(0);
  }

  // False once standard input has ended.
  bool turn(int limit_ms) {
    epoll_event ready[256];
    const int count = ::epoll_wait(poll_, ready, 256, limit_ms);
    for (int i = 0; i < count; ++i) {
      if (ready[i].data.u64 == kStandardInput)
        streams_.over = true;
      else
        read(static_cast<std::size_t>(ready[i].data.u64));
    }
    return !streams_.over;
  }

  void read(std::size_t index) {
    const int fd = streams_.connections[index];
    static char buffer[1 << 16];
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (!streams_.has_begun[index]) {
      streams_.has_begun[index] = true;
      ++streams_.begun;
      if (got < 12 || std::memcmp(buffer + 8, " 200", 4) != 0) ++streams_.ended;
      if (stalled_) return leave(fd);
    }
    if (got <= 0) {
      ++streams_.ended;
      return leave(fd);
    }
    char& last = streams_.last[index];
    for (const std::string_view bytes(buffer, static_cast<std::size_t>(got)); const char c : bytes) {
      streams_.events += c == '\n' && last == '\n';
      last = c;
    }
  }

  void leave(int fd) { ::epoll_ctl(poll_, EPOLL_CTL_DEL, fd, nullptr); }

  const int port_;
  const std::string request_;
  const bool stalled_;
  const int poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  Streams streams_;
};

}  // namespace
}  // namespace manta::bench

int main(int count, char** arguments) {
  if (count < 6) return 2;
  const std::string body = arguments[5];
  const std::string request = "POST " + std::string(arguments[2]) +
                              " HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\ncontent-type: "
                              "application/json\r\ncontent-length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body;
  const bool stalled = std::string_view(arguments[4]) == "stalled";
  const auto found =
      manta::bench::OpenStreams(std::atoi(arguments[1]), request, stalled).run(std::strtoul(arguments[3], nullptr, 10));
  std::printf("{\"streams\": %zu, \"events\": %ld, \"ended\": %zu}\n", found.begun, found.events, found.ended);
}
