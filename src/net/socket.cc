#include "net/socket.h"

#include <sys/socket.h>

#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "base/poller.h"
#include "net/tls_stream.h"

namespace manta::net {
namespace {

// A single part goes as it is: the kernel has no list of parts to fetch.
ssize_t send_now(int fd, std::span<const iovec> parts) {
  constexpr int kFlags = MSG_NOSIGNAL | MSG_DONTWAIT;
  if (parts.size() == 1) return ::send(fd, parts.front().iov_base, parts.front().iov_len, kFlags);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  return ::sendmsg(fd, &message, kFlags);
}

}  // namespace

// The descriptor, who is to be told of it, and TLS over it, if there is any.
struct Socket::Impl final : Descriptor::Owner {
  using EventsPtr = std::shared_ptr<Events>;
  using Progress = TlsStream::Progress;

  explicit Impl(Loop& on) : loop(on) {}
  Impl(Loop& on, int fd) : loop(on) { descriptor.emplace(on, fd, *this); }
  ~Impl() {
    if (tls && is_open()) tls->end();
  }

  bool is_open() const { return descriptor && descriptor->fd() >= 0; }
  int fd() const { return descriptor ? descriptor->fd() : -1; }

  void on_ready(Descriptor::Ready what) override {
    if (shaking) return shake();
    if (what == Descriptor::kReadable && reader) return tls ? receive_by_tls() : receive();
    if (what == Descriptor::kWritable && writer) return std::exchange(writer, nullptr)->on_writable();
    if (what == Descriptor::kLost && watcher) return std::exchange(watcher, nullptr)->on_lost(0);
  }
  void on_loop_end() override { [[maybe_unused]] const Kept dropped = let_go(); }  // the last of them may own this

  struct Kept {
    EventsPtr shaking, reader, writer, watcher;
    explicit operator bool() const { return shaking || reader || writer || watcher; }
  };
  Kept let_go() { return {std::move(shaking), std::move(reader), std::move(writer), std::move(watcher)}; }

  void receive();
  void receive_by_tls();
  void shake();

  Loop& loop;
  std::optional<Descriptor> descriptor;
  std::unique_ptr<TlsStream> tls;
  std::span<char> into;  // of the reader
  EventsPtr shaking, reader, writer, watcher;
};

// A call of an Events may destroy the socket.
void Socket::Impl::receive() {
  EventsPtr events = std::exchange(reader, nullptr);
  ssize_t received = 0;
  do received = ::recv(fd(), into.data(), into.size(), MSG_DONTWAIT);
  while (received < 0 && errno == EINTR);
  const bool nothing = received < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  if (received < 0 && !nothing) return events->on_lost(errno);
  // Less than there was room for is all there was, but for the end.
  if (nothing || (static_cast<std::size_t>(received) < into.size() && !descriptor->has_end()))
    descriptor->exhausted(Descriptor::kReadable);
  if (!nothing) return events->on_read(static_cast<std::size_t>(received));
  reader = std::move(events);
  descriptor->wait(Descriptor::kReadable);
}

void Socket::Impl::receive_by_tls() {
  EventsPtr events = std::exchange(reader, nullptr);
  const TlsStream::Outcome outcome = tls->read(into);
  if (outcome.progress == Progress::Done) return events->on_read(outcome.bytes);
  if (outcome.progress == Progress::Ended) return events->on_read(0);
  if (outcome.progress == Progress::Failed) return events->on_lost(tls->error());
  reader = std::move(events);
  descriptor->wait_anew(Descriptor::kReadable);
}

void Socket::Impl::shake() {
  EventsPtr events = std::exchange(shaking, nullptr);
  const Progress progress = tls->handshake();
  if (progress == Progress::Done) return events->on_writable();
  if (progress == Progress::Failed || progress == Progress::Ended) return events->on_lost(tls->error());
  shaking = std::move(events);
  descriptor->wait_anew(progress == Progress::WantsWrite ? Descriptor::kWritable : Descriptor::kReadable);
}

Socket::Socket(Loop& loop) : impl_(std::make_unique<Impl>(loop)) {}
Socket::Socket(Loop& loop, int fd) : impl_(std::make_unique<Impl>(loop, fd)) {}
Socket::Socket(Socket&&) noexcept = default;
Socket& Socket::operator=(Socket&&) noexcept = default;
Socket::~Socket() = default;

void Socket::encrypt(std::shared_ptr<const TlsContext> context, bool is_server, std::shared_ptr<Events> events) {
  impl_->tls = std::make_unique<TlsStream>(std::move(context), is_server, fd());
  impl_->shaking = std::move(events);
  impl_->descriptor->tell_soon(Descriptor::kReadable);
}

std::string Socket::failure() const { return impl_->tls ? impl_->tls->failure() : std::string(); }
std::string Socket::binding() const { return impl_->tls ? impl_->tls->binding() : std::string(); }

void Socket::read(std::span<char> into, std::shared_ptr<Events> events) {
  if (!is_open()) return;
  impl_->into = into;
  impl_->reader = std::move(events);
  if (!impl_->tls) return impl_->descriptor->wait(Descriptor::kReadable);
  impl_->tls->has_pending() ? impl_->descriptor->tell_soon(Descriptor::kReadable)
                            : impl_->descriptor->wait_anew(Descriptor::kReadable);
}

void Socket::wait_writable(std::shared_ptr<Events> events) {
  if (!is_open()) return;
  impl_->writer = std::move(events);
  impl_->descriptor->wait(Descriptor::kWritable);
}

void Socket::wait_lost(std::shared_ptr<Events> events) {
  if (!is_open()) return;
  impl_->watcher = std::move(events);
  impl_->descriptor->wait(Descriptor::kLost);
}

std::ptrdiff_t Socket::write(std::span<const iovec> parts) {
  if (impl_->tls) return impl_->tls->write(parts);
  for (;;) {
    const ssize_t sent = send_now(fd(), parts);
    if (sent >= 0) return sent;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
    if (errno != EINTR) return -1;
  }
}

int Socket::pending_error() const {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

void Socket::shutdown_write() {
  if (impl_->tls) impl_->tls->end();
  ::shutdown(fd(), SHUT_WR);
}

// Who closes may be kept by nothing but what it asked for: that goes in the loop's next turn.
void Socket::close() {
  if (!is_open()) return;
  if (impl_->tls) impl_->tls->end();
  impl_->descriptor->close();
  if (Impl::Kept kept = impl_->let_go()) impl_->loop.post([dropped = std::make_unique<Impl::Kept>(std::move(kept))] {});
}

bool Socket::is_open() const { return impl_->is_open(); }
int Socket::fd() const { return impl_->fd(); }

}  // namespace manta::net
