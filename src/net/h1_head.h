#pragma once

#include <cstddef>
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

// Whether every line ends with CRLF, none is folded, and there are no control characters. Bytes before `from` are known
// to be fine. A head that is not complete must not end with a CR.
Refusal check_head_bytes(std::string_view text, std::size_t from = 0);

// Reads a head whose bytes have been checked, with the empty line that ends it, into `request` and `head`. Fields that
// belong to the connection, Host, Expect and Content-Length are not kept; an absolute target becomes one in origin form
// (RFC 9112, 3.2.2). Strict where leniency lets requests be smuggled: one Host, never two lengths, no unknown transfer
// coding.
Refusal read_head(std::string_view text, Request& request, H1Head& head);

}  // namespace manta::net
