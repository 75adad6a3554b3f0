// Closed loop of streamed answers over HTTP/1.1: stream_client PORT PATH CONNECTIONS SECONDS BODY
// Each connection asks again when its stream has ended. Prints one line of JSON: streams, events (lines that begin with
// "data:", without "[DONE]"), failed, first event p50 and p99, and the whole stream's p50, in microseconds.

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/sockets.h"

namespace manta::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Totals {
  long streams = 0, events = 0, failed = 0;
  std::vector<double> first_us, stream_us;
};

double since_us(Clock::time_point begun) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begun).count();
}

// One connection and the stream that is open on it.
class Stream {
 public:
  Stream(int port, const std::string& request, Totals& totals) : port_(port), request_(request), totals_(totals) {}

  int open() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(port_);
    require(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0, "connect");
    send_at_once(fd_);
    return fd_;
  }

  void ask() {
    answer_.clear();
    length_.reset();
    events_ = 0;
    body_ = scanned_ = 0;
    begun_ = Clock::now();
    require(::send(fd_, request_.data(), request_.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request_.size()),
            "send");
  }

  // Reads what is there. True while the stream goes on; false when it has ended and was counted. `alive` tells whether
  // the connection can be used again.
  bool read(bool& alive) {
    char buffer[1 << 16];
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
    alive = got > 0;
    if (!alive) {
      ++totals_.failed;
      return false;
    }
    answer_.append(buffer, static_cast<std::size_t>(got));
    if (body_ == 0) read_head();
    if (body_ == 0) return true;
    count_events();
    const bool ended = length_ ? answer_.size() >= body_ + *length_ : answer_.ends_with("0\r\n\r\n");  // the last chunk
    if (!ended) return true;
    count_stream();
    alive = !closes_;
    return false;
  }

 private:
  // A stream that was complete before the first byte was sent may come with its length instead of chunks.
  void read_head() {
    const std::size_t end = answer_.find("\r\n\r\n");
    if (end == std::string::npos) return;
    std::string head = answer_.substr(0, end);
    std::ranges::transform(head, head.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const std::size_t length = head.find("\r\ncontent-length:");
    if (length != std::string::npos) length_ = std::strtoul(head.c_str() + length + 17, nullptr, 10);
    closes_ = head.find("\r\nconnection: close") != std::string::npos;
    body_ = scanned_ = end + 4;
  }
  void count_events() {
    static constexpr std::string_view kDone = "data: [DONE]";
    for (std::size_t at; (at = answer_.find("data:", scanned_)) != std::string::npos; scanned_ = at + 5) {
      if (answer_.size() < at + kDone.size()) return;  // not all of it is here: look again
      if (answer_.compare(at, kDone.size(), kDone) == 0) continue;
      if (events_++ == 0) totals_.first_us.push_back(since_us(begun_));
    }
  }
  void count_stream() {
    if (answer_.compare(8, 4, " 200") != 0) {
      ++totals_.failed;
      return;
    }
    ++totals_.streams;
    totals_.events += events_;
    totals_.stream_us.push_back(since_us(begun_));
  }

  int port_;
  const std::string& request_;
  Totals& totals_;
  int fd_ = -1;
  std::string answer_;
  long events_ = 0;
  std::size_t body_ = 0, scanned_ = 0;  // where the body begins, 0 before; how far events were looked for
  std::optional<std::size_t> length_;   // of the body, when it was told
  bool closes_ = false;
  Clock::time_point begun_;
};

double percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

void print(Totals& totals, double seconds) {
  std::printf(
      "{\"streams\": %ld, \"events\": %ld, \"failed\": %ld, \"events_per_s\": %.0f, \"first_p50_us\": %.1f, "
      "\"first_p99_us\": %.1f, \"stream_p50_us\": %.1f}\n",
      totals.streams, totals.events, totals.failed, static_cast<double>(totals.events) / seconds,
      percentile(totals.first_us, 0.5), percentile(totals.first_us, 0.99), percentile(totals.stream_us, 0.5));
}

int run(int port, const std::string& path, std::size_t connections, double seconds, const std::string& body) {
  const std::string request = "POST " + path +
                              " HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\ncontent-type: "
                              "application/json\r\ncontent-length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body;
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  Totals totals;
  std::vector<Stream> streams(connections, Stream(port, request, totals));
  const auto open = [&](std::size_t index) {
    epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
    require(::epoll_ctl(poll, EPOLL_CTL_ADD, streams[index].open(), &event) == 0, "epoll_ctl");
    streams[index].ask();
  };
  for (std::size_t i = 0; i < connections; ++i) open(i);
  const auto begun = Clock::now();
  while (since_us(begun) < seconds * 1e6) {
    epoll_event ready[64];
    const int count = ::epoll_wait(poll, ready, 64, 100);
    for (int i = 0; i < count; ++i) {
      Stream& stream = streams[ready[i].data.u64];
      bool alive = false;
      if (stream.read(alive)) continue;
      if (alive)
        stream.ask();
      else
        open(ready[i].data.u64);
    }
  }
  print(totals, since_us(begun) / 1e6);
  return 0;
}

}  // namespace
}  // namespace manta::bench

int main(int count, char** arguments) {
  if (count < 6) return 2;
  return manta::bench::run(std::atoi(arguments[1]), arguments[2], std::strtoul(arguments[3], nullptr, 10),
                           std::atof(arguments[4]), arguments[5]);
}
