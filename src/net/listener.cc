#include "net/listener.h"

#include <sys/socket.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <utility>

#include "base/loop_asio.h"

namespace manta::net {

namespace asio = boost::asio;

struct Listener::Impl : std::enable_shared_from_this<Impl> {
  using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;
  static constexpr int kBatch = 64;  // connections taken before others on the loop have their turn
  static constexpr auto kRetry = std::chrono::milliseconds(50);

  Impl(Loop& on, int fd, std::function<bool()> may, std::function<void(int)> take)
      : loop(on),
        descriptor(on.asio().io.get_executor(), fd),
        may_accept(std::move(may)),
        on_connection(std::move(take)) {}

  void wait() {
    waiting = true;
    descriptor.async_wait(Descriptor::wait_read, [self = shared_from_this()](const boost::system::error_code& error) {
      self->waiting = false;
      if (!error && !self->stopped) self->accept();
    });
  }

  void accept() {
    for (int i = 0; i < kBatch; ++i) {
      if (!may_accept()) return;
      const int fd = ::accept4(descriptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
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
  boost::system::error_code ignored;
  impl_->descriptor.close(ignored);
}

void Listener::resume() {
  if (!impl_->waiting && !impl_->stopped) impl_->wait();
}

}  // namespace manta::net
