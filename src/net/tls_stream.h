#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "net/tls_context.h"

struct ssl_st;

namespace manta::net {

// TLS on one non-blocking descriptor that its owner keeps open. Nothing here waits: the owner does, and calls again.
// Loop-confined, as the socket it belongs to.
class TlsStream {
 public:
  enum class Progress {
    Done,
    WantsRead,   // call again when the descriptor is readable
    WantsWrite,  // call again when the descriptor is writable
    Ended,       // the peer has said that it sends no more
    Failed,      // for good: failure() and error() say why
  };
  struct Outcome {
    Progress progress;
    std::size_t bytes = 0;
  };

  TlsStream(std::shared_ptr<const TlsContext> context, bool is_server, int fd);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  Progress handshake();
  // As many bytes as there are and fit. Done comes with one byte or more.
  Outcome read(std::span<char> into);
  // A read would not need the descriptor to be readable.
  bool has_pending() const;
  // How many bytes are with the kernel, encrypted; 0 when its buffer is full, -1 when the connection is gone. Bytes
  // that were not taken may be encrypted already: the next call must begin with the same.
  std::ptrdiff_t write(std::span<const iovec> parts);
  // Says that no more will be sent, if the kernel takes it; nothing after a write that was not taken whole.
  void end();

  int error() const { return error_; }  // an errno
  const std::string& failure() const { return failure_; }
  // 32 bytes that only the two ends of this connection know (RFC 9266); after the handshake.
  std::string binding() const;

 private:
  friend struct DescriptorCallbacks;
  Progress failed(int result);
  std::ptrdiff_t encrypt(std::span<const iovec> parts, std::size_t skip);
  bool flush();  // false when the connection is gone
  bool is_flushed() const { return out_sent_ == out_.size(); }

  std::shared_ptr<const TlsContext> context_;
  ssl_st* ssl_;
  const int fd_;
  std::string out_;  // encrypted
  std::size_t out_sent_ = 0;
  std::size_t promised_ = 0;  // bytes of the last write that are in `out_` but not yet said to be taken
  bool has_sent_ = false;
  bool at_end_ = false;  // of what the descriptor gives
  int error_ = 0;
  std::string failure_;
};

bio_method_st* make_descriptor_method();  // of TlsContext

}  // namespace manta::net
