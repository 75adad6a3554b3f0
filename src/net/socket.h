#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/loop.h"
#include "net/tls_context.h"

namespace manta::net {

// One connected (or connecting) stream socket on a loop. Reads are asked for one at a time; writes are tried at once
// and waited for only when the kernel's buffer is full. Loop-confined.
class Socket {
 public:
  // Told about the socket from the loop, never from inside a method of Socket. Kept alive by what it asked for.
  class Events {
   public:
    virtual void on_read(std::size_t bytes) = 0;  // 0: the peer has ended its side
    virtual void on_writable() = 0;
    virtual void on_lost(int error) = 0;  // an errno

   protected:
    ~Events() = default;
  };

  explicit Socket(Loop& loop);  // closed
  Socket(Loop& loop, int fd);   // takes the descriptor
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&& other) noexcept;
  ~Socket();

  // From now on all of it runs over TLS. Told once both ends have been verified (on_writable) or that they cannot be
  // (on_lost; failure() says why). Nothing may be read or written before.
  void encrypt(std::shared_ptr<const TlsContext> context, bool is_server, std::shared_ptr<Events> events);
  std::string failure() const;  // what TLS says of the peer, in words; empty without
  std::string binding() const;  // TlsStream::binding(); empty without TLS

  // `into` must stay until on_read, on_lost or close().
  void read(std::span<char> into, std::shared_ptr<Events> events);
  void wait_writable(std::shared_ptr<Events> events);
  // on_lost(0) when the kernel reports an error or that both sides are shut.
  void wait_lost(std::shared_ptr<Events> events);

  // How many bytes the kernel took; 0 when its buffer is full, -1 when the connection is gone. What was not taken must
  // be what the next call begins with.
  std::ptrdiff_t write(std::span<const iovec> parts);
  int pending_error() const;  // SO_ERROR: 0 after a successful connect
  void shutdown_write();
  void close();  // what was asked for is dropped
  bool is_open() const;
  int fd() const;  // -1 once closed

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manta::net
