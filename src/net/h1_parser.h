#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/h1_head.h"
#include "net/message.h"
#include "net/refusal.h"

namespace manta::net {

// Parses HTTP/1 requests, one after the other: heads by read_head(), chunks with Beast's parser.
class H1Parser {
 public:
  explicit H1Parser(std::size_t max_header_bytes);
  ~H1Parser();

  struct Parsed {
    std::size_t consumed = 0;
    bool complete = false;
    Refusal refusal;  // then the connection is of no more use
  };
  // Nothing is consumed until the whole head is there.
  Parsed parse_head(std::string_view bytes, Request& request, H1Head& head);
  // Chunks of the message whose head came last, appended to `body` up to `max_bytes`.
  Parsed parse_chunks(std::string_view bytes, std::string& body, std::size_t max_bytes);

 private:
  class Chunks;
  std::size_t max_header_bytes_;
  std::size_t searched_ = 0;  // of an incomplete head
  std::unique_ptr<Chunks> chunks_;
};

}  // namespace manta::net
