#pragma once

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "load/sockets.h"

namespace manta::bench {

// What a request is answered with: `head`, then `event` as often as `events` says, each by a send() of its own with a
// pause between two, then `tail`. Views of what outlives the server.
struct Answer {
  std::string_view head, event, tail;
  int events = 0;
};

// The least a server of events can do, on 127.0.0.1: one thread, one send() for each event. A connection has one
// request at a time.
class EventServer {
 public:
  using Clock = std::chrono::steady_clock;
  // `answer` is asked for each whole request, with its head and its body.
  EventServer(int port, Clock::duration pause, std::function<Answer(std::string_view request)> answer)
      : listener_(listen_on(port)), pause_(pause), answer_(std::move(answer)) {
    watch(poll_, listener_);
  }

  void run() {
    for (;;) {
      epoll_event ready[64];
      const int count = ::epoll_wait(poll_, ready, 64, milliseconds_to_next());
      for (int i = 0; i < count; ++i) {
        if (ready[i].data.fd == listener_)
          accept();
        else
          read(ready[i].data.fd);
      }
      send_due();
    }
  }

 private:
  struct Stream {
    int fd;
    Answer answer;
    Clock::time_point due;
  };

  void accept() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    require(fd >= 0, "accept");
    send_at_once(fd);
    watch(poll_, fd);
  }
  void read(int fd) {
    char buffer[1 << 16];
    const ssize_t got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) return forget(fd);
    std::string& request = requests_[fd];
    request.append(buffer, static_cast<std::size_t>(got));
    if (!is_whole(request)) return;
    const Answer answer = answer_(request);
    request.clear();
    send_all(fd, answer.head);
    if (answer.events > 0)
      streams_.push_back({fd, answer, Clock::now()});
    else
      send_all(fd, answer.tail);
  }
  void forget(int fd) {
    std::erase_if(streams_, [fd](const Stream& stream) { return stream.fd == fd; });
    requests_.erase(fd);
    ::epoll_ctl(poll_, EPOLL_CTL_DEL, fd, nullptr);
    ::close(fd);
  }
  static bool is_whole(const std::string& request) {
    const std::size_t end = request.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    std::string head = request.substr(0, end);
    std::ranges::transform(head, head.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    if (head.find("transfer-encoding: chunked") != std::string::npos) return request.ends_with("0\r\n\r\n");
    const std::size_t length = head.find("content-length:");
    if (length == std::string::npos) return true;
    return request.size() >= end + 4 + std::strtoul(head.c_str() + length + 15, nullptr, 10);
  }
  void send_due() {
    const auto now = Clock::now();
    for (Stream& stream : streams_)
      while (stream.answer.events > 0 && stream.due <= now) {
        send_all(stream.fd, stream.answer.event);
        if (--stream.answer.events == 0) send_all(stream.fd, stream.answer.tail);
        stream.due += pause_;
      }
    std::erase_if(streams_, [](const Stream& stream) { return stream.answer.events == 0; });
  }
  int milliseconds_to_next() const {
    if (streams_.empty()) return -1;
    const auto next = std::ranges::min(streams_, {}, &Stream::due).due - Clock::now();
    return static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(next).count()));
  }

  const int listener_;
  const int poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  const Clock::duration pause_;
  const std::function<Answer(std::string_view)> answer_;
  std::unordered_map<int, std::string> requests_;  // what has come of the next one of each connection
  std::vector<Stream> streams_;
};

}  // namespace manta::bench
