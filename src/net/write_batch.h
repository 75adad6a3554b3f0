#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "net/socket.h"

namespace manta::net {

// Bytes on their way to a socket, gathered so that one system call takes them all: small pieces are copied into one
// buffer, big ones are referenced. More may be added while a part is still to be written.
class WriteBatch {
 public:
  enum class Outcome { Done, Blocked, Lost };

  void copy(std::string_view bytes);
  // `bytes` must stay until empty() is true.
  void reference(std::string_view bytes);
  // The buffer that copies go to; for writers that format in place. Call commit() when done.
  std::string& begin_copy();
  void commit();

  bool empty() const { return left_ == 0; }
  std::size_t bytes() const { return left_; }
  // Writes until nothing is left or the socket takes no more.
  Outcome write(Socket& socket);

 private:
  struct Piece {
    const char* data;  // null: in copies_, from `at`
    std::size_t at;
    std::size_t size;
  };
  void advance(std::size_t bytes);
  void clear();
  void compact();

  std::string copies_;
  std::vector<Piece> pieces_;
  std::size_t next_ = 0;   // the first piece not wholly written
  std::size_t begun_ = 0;  // size of copies_ at begin_copy()
  std::size_t left_ = 0;
};

}  // namespace manta::net
