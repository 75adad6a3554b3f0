#include "net/socket.h"

#include <sys/socket.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <memory>
#include <utility>

#include "base/loop_asio.h"
#include "net/tls_stream.h"

namespace manta::net {

namespace asio = boost::asio;

namespace {

using SystemError = boost::system::error_code;
using Stream = asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;
using Progress = TlsStream::Progress;

// TLS over the stream of a socket: waits for the descriptor in between. Kept by the socket and by what it waits for;
// `stream` is there until close().
class EncryptedStream : public std::enable_shared_from_this<EncryptedStream> {
 public:
  using EventsPtr = std::shared_ptr<Socket::Events>;

  EncryptedStream(Stream& stream, std::shared_ptr<const TlsContext> context, bool is_server)
      : stream_(stream), tls_(std::move(context), is_server, stream.native_handle()) {}

  void handshake(EventsPtr events) {
    asio::post(stream_.get_executor(),
               [self = shared_from_this(), events = std::move(events)] { self->shake(events); });
  }
  void read(std::span<char> into, EventsPtr events) {
    const auto step = [self = shared_from_this(), into, events = std::move(events)] { self->receive(into, events); };
    if (tls_.has_pending()) return asio::post(stream_.get_executor(), step);
    wait(Stream::wait_read, step);
  }
  void close() {
    if (!std::exchange(closed_, true)) tls_.end();
  }
  TlsStream& tls() { return tls_; }

 private:
  void shake(const EventsPtr& events) {
    if (closed_) return;
    const Progress progress = tls_.handshake();
    if (progress == Progress::Done) return events->on_writable();
    if (progress == Progress::Failed || progress == Progress::Ended) return events->on_lost(tls_.error());
    wait(progress == Progress::WantsWrite ? Stream::wait_write : Stream::wait_read,
         [self = shared_from_this(), events] { self->shake(events); });
  }

  void receive(std::span<char> into, const EventsPtr& events) {
    if (closed_) return;
    const TlsStream::Outcome outcome = tls_.read(into);
    if (outcome.progress == Progress::Done) return events->on_read(outcome.bytes);
    if (outcome.progress == Progress::Ended) return events->on_read(0);
    if (outcome.progress == Progress::Failed) return events->on_lost(tls_.error());
    wait(Stream::wait_read, [self = shared_from_this(), into, events] { self->receive(into, events); });
  }

  template <class Step>
  void wait(Stream::wait_type what, Step step) {
    stream_.async_wait(what, [step = std::move(step)](const SystemError& error) {
      if (error != asio::error::operation_aborted) step();
    });
  }

  Stream& stream_;
  TlsStream tls_;
  bool closed_ = false;
};

}  // namespace

struct Socket::Impl {
  explicit Impl(Loop& loop) : stream(loop.asio().io.get_executor()) {}
  Impl(Loop& loop, int fd) : Impl(loop) {
    int domain = 0;
    socklen_t size = sizeof domain;
    ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    SystemError ignored;
    stream.assign(asio::generic::stream_protocol(domain, 0), fd, ignored);
    stream.native_non_blocking(true, ignored);
  }
  ~Impl() {
    if (encrypted) encrypted->close();
  }

  Stream stream;
  std::shared_ptr<EncryptedStream> encrypted;  // null: bytes go as they are
};

Socket::Socket(Loop& loop) : impl_(std::make_unique<Impl>(loop)) {}
Socket::Socket(Loop& loop, int fd) : impl_(std::make_unique<Impl>(loop, fd)) {}
Socket::Socket(Socket&&) noexcept = default;
Socket& Socket::operator=(Socket&&) noexcept = default;
Socket::~Socket() = default;

void Socket::encrypt(std::shared_ptr<const TlsContext> context, bool is_server, std::shared_ptr<Events> events) {
  impl_->encrypted = std::make_shared<EncryptedStream>(impl_->stream, std::move(context), is_server);
  impl_->encrypted->handshake(std::move(events));
}

std::string Socket::failure() const { return impl_->encrypted ? impl_->encrypted->tls().failure() : std::string(); }
std::string Socket::binding() const { return impl_->encrypted ? impl_->encrypted->tls().binding() : std::string(); }

void Socket::read(std::span<char> into, std::shared_ptr<Events> events) {
  if (impl_->encrypted) return impl_->encrypted->read(into, std::move(events));
  impl_->stream.async_read_some(asio::buffer(into.data(), into.size()),
                                [events = std::move(events)](const SystemError& error, std::size_t bytes) {
                                  if (!error) return events->on_read(bytes);
                                  if (error == asio::error::eof) return events->on_read(0);
                                  if (error != asio::error::operation_aborted) events->on_lost(error.value());
                                });
}

void Socket::wait_writable(std::shared_ptr<Events> events) {
  impl_->stream.async_wait(Stream::wait_write, [events = std::move(events)](const SystemError& error) {
    if (error != asio::error::operation_aborted) events->on_writable();
  });
}

void Socket::wait_lost(std::shared_ptr<Events> events) {
  impl_->stream.async_wait(Stream::wait_error, [events = std::move(events)](const SystemError& error) {
    if (error != asio::error::operation_aborted) events->on_lost(0);
  });
}

std::ptrdiff_t Socket::write(std::span<const iovec> parts) {
  if (impl_->encrypted) return impl_->encrypted->tls().write(parts);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  for (;;) {
    const ssize_t sent = ::sendmsg(fd(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
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
  if (impl_->encrypted) impl_->encrypted->tls().end();
  ::shutdown(fd(), SHUT_WR);
}

void Socket::close() {
  if (impl_->encrypted) impl_->encrypted->close();
  SystemError ignored;
  impl_->stream.close(ignored);
}

bool Socket::is_open() const { return impl_->stream.is_open(); }
int Socket::fd() const { return impl_->stream.native_handle(); }

}  // namespace manta::net
