#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/headers.h"

namespace manta::net {

// Parses the answer to one HTTP/1.1 request, with Beast's parser inside. Interim answers (1xx) are passed over.
class H1ResponseParser {
 public:
  explicit H1ResponseParser(bool answers_head);  // the request was HEAD: there is no body
  ~H1ResponseParser();

  struct Parsed {
    std::size_t consumed = 0;  // what is left comes again with more behind it; once complete, it belongs to nobody
    std::string_view wrong;    // then the connection is of no more use
  };
  Parsed parse(std::string_view bytes);
  // The server has ended its side: completes an answer without a length. Returns what is wrong, else nothing.
  std::string_view end();

  bool has_head() const;
  bool is_complete() const;
  bool keeps_alive() const;  // once complete
  int status() const;
  Headers headers;
  std::string body;  // received and not yet taken

 private:
  struct Message;
  void begin();
  bool answers_head_;
  std::unique_ptr<Message> message_;
};

}  // namespace manta::net
