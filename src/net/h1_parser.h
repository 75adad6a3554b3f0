#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/message.h"
#include "net/refusal.h"

namespace manta::net {

// What the head of an HTTP/1 request says about the message.
struct H1Head {
  int version = 11;  // 10 or 11
  bool keep_alive = true;
  bool chunked = false;
  bool expect_continue = false;
  std::size_t content_length = 0;
};

// Parses HTTP/1 requests, one after the other, with Beast's parser inside. Stricter than that where leniency lets
// requests be smuggled: every line ends with CRLF, no folded lines, one Host, never two lengths, no unknown transfer
// coding.
class H1Parser {
 public:
  explicit H1Parser(std::size_t max_header_bytes);
  ~H1Parser();

  struct Parsed {
    std::size_t consumed = 0;
    bool complete = false;
    Refusal refusal;  // then the connection is of no more use
  };
  // Nothing is consumed until the whole head is there. Hop-by-hop fields, Host, Expect and Content-Length are not kept.
  Parsed parse_head(std::string_view bytes, Request& request, H1Head& head);
  // Chunks of the message whose head came last, appended to `body` up to `max_bytes`.
  Parsed parse_chunks(std::string_view bytes, std::string& body, std::size_t max_bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace manta::net
