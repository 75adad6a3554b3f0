#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/loop.h"
#include "net/channel.h"
#include "net/server.h"

namespace manta::net {

inline std::array<int, 2> socket_pair() {
  std::array<int, 2> pair{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair.data()), 0);
  return pair;
}

// Two ends of a TCP connection over loopback, with buffers of the size a socket pair has.
inline std::array<int, 2> tcp_pair() {
  constexpr int kBuffer = 128 << 10;  // the kernel doubles it
  constexpr int kSegment = 16 << 10;  // several fit into a buffer, so that nobody waits for room for one
  constexpr int kOn = 1;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  for (const int fd : {listener, client})
    for (const int option : {SO_SNDBUF, SO_RCVBUF}) ::setsockopt(fd, SOL_SOCKET, option, &kBuffer, sizeof kBuffer);
  for (const int fd : {listener, client}) ::setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &kSegment, sizeof kSegment);
  EXPECT_EQ(::bind(listener, generic, size), 0);
  EXPECT_EQ(::listen(listener, 1), 0);
  EXPECT_EQ(::getsockname(listener, generic, &size), 0);
  EXPECT_EQ(::connect(client, generic, size), 0);
  const int server = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  EXPECT_GE(server, 0);
  EXPECT_EQ(::fcntl(client, F_SETFL, O_NONBLOCK), 0);
  for (const int fd : {client, server}) ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
  ::close(listener);
  return {server, client};
}

enum class Transport { SocketPair, Tcp };

inline std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* folder = ::opendir("/proc/self/fd");
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

// The other end of a connection, spoken by hand.
class RawPeer {
 public:
  explicit RawPeer(int fd) : fd_(fd) {}
  RawPeer(RawPeer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~RawPeer() { close(); }

  // Sends what fits; says whether all of it did.
  bool send(std::string_view bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  std::string receive(std::size_t most = 1 << 20) {
    std::string all;
    std::vector<char> buffer(64 << 10);
    while (all.size() < most) {
      const ssize_t size = ::recv(fd_, buffer.data(), std::min(buffer.size(), most - all.size()), MSG_DONTWAIT);
      if (size <= 0) {
        ended_ = size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
        break;
      }
      all.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return all;
  }
  bool ended() {
    if (!ended_) receive();
    return ended_;
  }
  void end_sending() { ::shutdown(fd_, SHUT_WR); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  int fd() const { return fd_; }

 private:
  int fd_;
  bool ended_ = false;
};

// A server and channels to it on one loop, over socket pairs unless said otherwise, under a clock that moves when told.
class NetTest : public testing::Test {
 protected:
  explicit NetTest(Transport over = Transport::SocketPair) : transport(over) {}

  void serve(ServerOptions options, Server::Handler handler) {
    server = std::make_unique<Server>(loop, options, budget, std::move(handler));
  }
  // Keeps each exchange in `exchanges` for the test to answer.
  void serve_and_hold(ServerOptions options = {}) {
    serve(options, [this](ExchangePtr exchange) { exchanges.push_back(std::move(exchange)); });
  }
  static void echo(const ExchangePtr& exchange) {
    Response response;
    response.body = exchange->request().body;
    exchange->respond(std::move(response));
  }
  RawPeer connect_raw() {
    const auto pair = connected_pair();
    server->accept(pair[0]);
    return RawPeer(pair[1]);
  }
  std::unique_ptr<Channel> connect_channel(ChannelOptions options = {}) {
    const auto pair = connected_pair();
    server->accept(pair[0]);
    return std::make_unique<Channel>(loop, pair[1], options, client_budget);
  }
  // Sends, lets both sides work, and gives what came back.
  std::string exchange_raw(RawPeer& peer, std::string_view bytes) {
    EXPECT_TRUE(peer.send(bytes));
    settle();
    return peer.receive();
  }
  void pass(Duration time) {
    clock.advance(time);
    settle();
  }
  std::array<int, 2> connected_pair() const { return transport == Transport::Tcp ? tcp_pair() : socket_pair(); }
  // Runs both sides until nothing is left to do. What was sent over TCP may be with the kernel for a moment: another
  // thread of it may have to run first.
  void settle() {
    constexpr int kQuietRounds = 100;
    loop.poll();
    if (transport != Transport::Tcp) return;
    for (int quiet = 0; quiet < kQuietRounds; ++quiet) {
      std::this_thread::yield();
      if (loop.poll() != 0) quiet = 0;
    }
  }

  // For what takes more than the kernel's buffers hold.
  void settle_until(const std::function<bool()>& done) {
    for (int i = 0; i < 10'000 && !done(); ++i) settle();
    EXPECT_TRUE(done());
  }

  const Transport transport;
  VirtualClock clock;
  Loop loop{clock};
  ReceiveBudget budget;
  ReceiveBudget client_budget;
  std::vector<ExchangePtr> exchanges;
  std::unique_ptr<Server> server;
};

// The same over every transport.
class TransportTest : public NetTest, public testing::WithParamInterface<Transport> {
 protected:
  TransportTest() : NetTest(GetParam()) {}
};

inline std::string name_of(const testing::TestParamInfo<Transport>& info) {
  return info.param == Transport::Tcp ? "Tcp" : "SocketPair";
}

// A call with what the test wants to know about it.
struct TestCall {
  TestCall(Channel& channel, std::string_view path, std::string body = {}, std::size_t window = 256 << 10) {
    Outgoing outgoing;
    outgoing.path = path;
    outgoing.window = window;
    outgoing.headers = &headers;
    if (!body.empty()) outgoing.body = std::make_shared<const std::string>(std::move(body));
    call = channel.start(outgoing, [this] {
      ++updates;
      if (call->failure()) ++failures;
      if (on_update) on_update();
    });
  }
  Headers headers{{"content-type", "application/json"}};
  int updates = 0;
  int failures = 0;
  std::function<void()> on_update;
  std::unique_ptr<ClientCall> call;
};

}  // namespace manta::net
