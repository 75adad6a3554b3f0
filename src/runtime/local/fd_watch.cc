#include "runtime/local/fd_watch.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <csignal>
#include <utility>

#include "base/poller.h"

namespace manta::runtime {

struct FdWatch::Impl final : Descriptor::Owner, std::enable_shared_from_this<FdWatch::Impl> {
  Impl(Loop& loop, int fd, std::function<void()> callback)
      : descriptor(loop, fd, *this), on_readable(std::move(callback)) {}

  void on_ready(Descriptor::Ready what) override {
    const auto self = shared_from_this();
    if (what == Descriptor::kWritable) return std::exchange(on_writable, nullptr)();
    on_readable();
    descriptor.wait_anew(Descriptor::kReadable);  // whatever the callback has left
  }
  void on_loop_end() override {}

  Descriptor descriptor;
  std::function<void()> on_readable, on_writable;
};

FdWatch::FdWatch(Loop& loop, int fd, std::function<void()> on_readable)
    : impl_(std::make_shared<Impl>(loop, fd, std::move(on_readable))) {
  if (impl_->on_readable) impl_->descriptor.wait(Descriptor::kReadable);
}

FdWatch::~FdWatch() { impl_->descriptor.close(); }

int FdWatch::fd() const { return impl_->descriptor.fd(); }

void FdWatch::once_writable(std::function<void()> callback) {
  impl_->on_writable = std::move(callback);
  impl_->descriptor.wait(Descriptor::kWritable);
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
