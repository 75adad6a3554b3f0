// The least that a process in front of another one pays: bare_relay PORT TARGET_PORT
// Takes connections on PORT of 127.0.0.1, opens one to TARGET_PORT for each, and passes what comes on either side to
// the other as it is: one thread, one recv() and one send() for what can be read, nothing looked at.

#include <sys/epoll.h>
#include <unistd.h>

#include <unordered_map>

#include "load/sockets.h"

namespace manta::bench {
namespace {

class Relay {
 public:
  Relay(int port, int target) : listener_(listen_on(port)), target_(loopback(target)) { watch(poll_, listener_); }

  [[noreturn]] void run() {
    for (;;) {
      epoll_event ready[64];
      const int count = ::epoll_wait(poll_, ready, 64, -1);
      for (int i = 0; i < count; ++i) {
        if (ready[i].data.fd == listener_)
          accept();
        else if (other_.contains(ready[i].data.fd))
          pass_on(ready[i].data.fd);
      }
    }
  }

 private:
  void accept() {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    require(client >= 0, "accept");
    const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(::connect(server, reinterpret_cast<const sockaddr*>(&target_), sizeof target_) == 0, "connect");
    other_[client] = server;
    other_[server] = client;
    for (const int fd : {client, server}) {
      send_at_once(fd);
      watch(poll_, fd);
    }
  }
  void pass_on(int from) {
    char buffer[1 << 16];
    const int to = other_.at(from);
    const ssize_t got = ::recv(from, buffer, sizeof buffer, 0);
    if (got > 0 && send_all(to, {buffer, static_cast<std::size_t>(got)})) return;
    for (const int fd : {from, to}) {
      other_.erase(fd);
      ::close(fd);
    }
  }

  const int listener_;
  const int poll_ = ::epoll_create1(EPOLL_CLOEXEC);
  const sockaddr_in target_;
  std::unordered_map<int, int> other_;  // of each connection
};

}  // namespace
}  // namespace manta::bench

int main(int count, char** arguments) {
  if (count < 3) return 2;
  manta::bench::Relay(std::atoi(arguments[1]), std::atoi(arguments[2])).run();
}
