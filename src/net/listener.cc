#include "net/listener.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "base/poller.h"

namespace manta::net {

struct Listener::Impl final : Descriptor::Owner, std::enable_shared_from_this<Impl> {
  static constexpr int kBatch = 64;  // connections taken before others on the loop have their turn
  static constexpr auto kRetry = std::chrono::milliseconds(50);

  Impl(Loop& on, int fd, std::function<bool()> may, std::function<void(int)> take)
      : loop(on), descriptor(on, fd, *this), may_accept(std::move(may)), on_connection(std::move(take)) {}

  void wait() {
    waiting = true;
    descriptor.wait(Descriptor::kReadable);
  }

  void on_ready(Descriptor::Ready) override {
    const auto self = shared_from_this();
    waiting = false;
    accept();
  }
  void on_loop_end() override {}

  void accept() {
    for (int i = 0; i < kBatch; ++i) {
      if (!may_accept()) return;
      const int fd = ::accept4(descriptor.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
        descriptor.exhausted(Descriptor::kReadable);
        break;
      }
      if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
      if (fd < 0) return retry_later();
      on_connection(fd);
      if (stopped) return;
    }
    wait();
  }

  void retry_later() {
    waiting = true;
    loop.after(kRetry, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self || self->stopped) return;
      self->accept();
    });
  }

  Loop& loop;
  Descriptor descriptor;
  std::function<bool()> may_accept;
  std::function<void(int)> on_connection;
  bool waiting = false;
  bool stopped = false;
};

Listener::Listener(Loop& loop, int fd, std::function<bool()> may_accept, std::function<void(int)> on_connection)
    : impl_(std::make_shared<Impl>(loop, fd, std::move(may_accept), std::move(on_connection))) {
  impl_->wait();
}

Listener::~Listener() {
  impl_->stopped = true;
  impl_->descriptor.close();
}

void Listener::resume() {
  if (!impl_->waiting && !impl_->stopped) impl_->wait();
}

}  // namespace manta::net
