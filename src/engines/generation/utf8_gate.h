#pragma once

#include <string>
#include <string_view>

namespace manta::engines {

// Turns the bytes of generated tokens into text: holds back a character until its last byte has come, and puts U+FFFD
// for what can never become one.
class Utf8Gate {
 public:
  std::string push(std::string_view bytes);
  // At the end of the stream: U+FFFD for a character that was cut off, else empty.
  std::string finish();

 private:
  std::string held_;
};

}  // namespace manta::engines
