// The least a server of events can do: one thread, one send() for each event. bare_events PORT EVENTS PAUSE_MS
// Answers every request on PORT of 127.0.0.1 with EVENTS server-sent events in chunks of their own, of the size that
// the application `source` sends, with a pause between two.

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <vector>

#include "load/sockets.h"

namespace manta::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

constexpr std::string_view kEvent = "37\r\ndata: {\"index\":10,\"delta\":\" word\",\"finish_reason\":\"\"}\n\n\r\n";
static_assert(kEvent.size() == 4 + 0x37 + 2);

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return;  // the client left
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

struct Stream {
  int fd;
  int left;
  Clock::time_point due;
};

class BareServer {
 public:
  BareServer(int port, int events, Clock::duration pause) : events_(events), pause_(pause) {
    const int on = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in address = loopback(port);
    require(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "bind");
    require(::listen(listener_, 1024) == 0, "listen");
    watch(listener_);
  }

  void run() {
    for (;;) {
      epoll_event ready[64];
      const int count = ::epoll_wait(poll_, ready, 64, milliseconds_to_next());
      for (int i = 0; i < count; ++i) {
        if (ready[i].data.fd == listener_)
          accept();
        else
          begin(ready[i].data.fd);
      }
      send_due();
    }
  }

 private:
  void watch(int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    require(::epoll_ctl(poll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
  }
  void accept() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    require(fd >= 0, "accept");
    send_at_once(fd);
    watch(fd);
  }
  // The request's bytes are thrown away: a client of this program sends one small request at a time.
  void begin(int fd) {
    char buffer[1 << 14];
    if (::recv(fd, buffer, sizeof buffer, 0) > 0) {
      send_all(fd, kHead);
      streams_.push_back({fd, events_, Clock::now()});
      return;
    }
    std::erase_if(streams_, [fd](const Stream& stream) { return stream.fd == fd; });
    ::epoll_ctl(poll_, EPOLL_CTL_DEL, fd, nullptr);
    ::close(fd);
  }
  void send_due() {
    const auto now = Clock::now();
    for (Stream& stream : streams_)
      while (stream.left > 0 && stream.due <= now) {
        send_all(stream.fd, kEvent);
        if (--stream.left == 0) send_all(stream.fd, "0\r\n\r\n");
        stream.due += pause_;
      }
    std::erase_if(streams_, [](const Stream& stream) { return stream.left == 0; });
  }
  int milliseconds_to_next() const {
    if (streams_.empty()) return -1;
    const auto next = std::ranges::min(streams_, {}, &Stream::due).due - Clock::now();
    return static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(next).count()));
  }

  const int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  const int events_;
  const Clock::duration pause_;
  std::vector<Stream> streams_;
};

}  // namespace
}  // namespace manta::bench

int main(int count, char** arguments) {
  if (count < 4) return 2;
  const std::chrono::milliseconds pause(std::atoi(arguments[3]));
  manta::bench::BareServer(std::atoi(arguments[1]), std::atoi(arguments[2]), pause).run();
}
