#include "net/socket.h"

#include <sys/socket.h>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <cerrno>
#include <utility>

#include "base/loop_asio.h"

namespace manta::net {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

struct Socket::Impl {
  using Stream = asio::basic_stream_socket<asio::generic::stream_protocol, asio::io_context::executor_type>;

  explicit Impl(Loop& loop, int fd) : stream(loop.asio().io.get_executor()) {
    int domain = 0;
    socklen_t size = sizeof domain;
    ::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size);
    ErrorCode ignored;
    stream.assign(asio::generic::stream_protocol(domain, 0), fd, ignored);
    stream.native_non_blocking(true, ignored);
  }

  Stream stream;
};

Socket::Socket(Loop& loop, int fd) : impl_(std::make_unique<Impl>(loop, fd)) {}
Socket::Socket(Socket&&) noexcept = default;
Socket::~Socket() = default;

void Socket::read(std::span<char> into, std::shared_ptr<Events> events) {
  impl_->stream.async_read_some(asio::buffer(into.data(), into.size()),
                                [events = std::move(events)](const ErrorCode& error, std::size_t bytes) {
                                  if (!error) return events->on_read(bytes);
                                  if (error == asio::error::eof) return events->on_read(0);
                                  if (error != asio::error::operation_aborted) events->on_lost(error.value());
                                });
}

void Socket::wait_writable(std::shared_ptr<Events> events) {
  impl_->stream.async_wait(Impl::Stream::wait_write, [events = std::move(events)](const ErrorCode& error) {
    if (error != asio::error::operation_aborted) events->on_writable();
  });
}

void Socket::wait_lost(std::shared_ptr<Events> events) {
  impl_->stream.async_wait(Impl::Stream::wait_error, [events = std::move(events)](const ErrorCode& error) {
    if (error != asio::error::operation_aborted) events->on_lost(0);
  });
}

std::ptrdiff_t Socket::write(std::span<const iovec> parts) {
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

void Socket::shutdown_write() { ::shutdown(fd(), SHUT_WR); }

void Socket::close() {
  ErrorCode ignored;
  impl_->stream.close(ignored);
}

bool Socket::is_open() const { return impl_->stream.is_open(); }
int Socket::fd() const { return impl_->stream.native_handle(); }

}  // namespace manta::net
