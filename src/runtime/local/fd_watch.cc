#include "runtime/local/fd_watch.h"

#include <csignal>

#include <sys/signalfd.h>
#include <unistd.h>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/loop_asio.h"

namespace manta::runtime {

struct FdWatch::Impl : std::enable_shared_from_this<FdWatch::Impl> {
  Impl(Loop& loop, int fd, std::function<void()> callback)
      : descriptor(loop.asio().io, fd), on_readable(std::move(callback)) {}

  void wait() {
    descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            if (error || self->closed) return;
                            self->on_readable();
                            if (!self->closed) self->wait();
                          });
  }

  boost::asio::posix::stream_descriptor descriptor;
  std::function<void()> on_readable;
  bool closed = false;
};

FdWatch::FdWatch(Loop& loop, int fd, std::function<void()> on_readable)
    : impl_(std::make_shared<Impl>(loop, fd, std::move(on_readable))) {
  if (impl_->on_readable) impl_->wait();
}

FdWatch::~FdWatch() {
  impl_->closed = true;
  boost::system::error_code ignored;
  impl_->descriptor.close(ignored);
}

int FdWatch::fd() const { return impl_->descriptor.native_handle(); }

void FdWatch::once_writable(std::function<void()> callback) {
  impl_->descriptor.async_wait(boost::asio::posix::stream_descriptor::wait_write,
                               [self = impl_, callback = std::move(callback)](const boost::system::error_code& error) {
                                 if (!error && !self->closed) callback();
                               });
}

std::unique_ptr<FdWatch> watch_signals(Loop& loop, std::initializer_list<int> signals,
                                       std::function<void(int)> on_signal) {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : signals) sigaddset(&set, signal);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const int fd = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  return std::make_unique<FdWatch>(loop, fd, [fd, callback = std::move(on_signal)] {
    signalfd_siginfo info{};
    while (::read(fd, &info, sizeof info) == static_cast<ssize_t>(sizeof info))
      callback(static_cast<int>(info.ssi_signo));
  });
}

}  // namespace manta::runtime
