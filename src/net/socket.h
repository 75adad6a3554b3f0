#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>

#include "base/loop.h"

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

  Socket(Loop& loop, int fd);  // takes the descriptor
  Socket(Socket&& other) noexcept;
  ~Socket();

  // `into` must stay until on_read, on_lost or close().
  void read(std::span<char> into, std::shared_ptr<Events> events);
  void wait_writable(std::shared_ptr<Events> events);
  // on_lost(0) when the kernel reports an error or that both sides are shut.
  void wait_lost(std::shared_ptr<Events> events);

  // How many bytes the kernel took; 0 when its buffer is full, -1 when the connection is gone.
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
