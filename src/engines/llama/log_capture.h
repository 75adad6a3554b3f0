#pragma once

#include <mutex>
#include <string>

namespace manta::engines::llama {

// Takes over llama.cpp's log, which goes through one callback per process, and keeps the last error line for our
// messages. One per process, for its whole life. Thread-safe.
class LogCapture {
 public:
  LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  // The last error line since the last call, without its line break; empty when there was none.
  std::string take_error();

 private:
  void keep(int level, const char* text);

  std::mutex mutex_;  // guards error_ and level_
  std::string error_;
  int level_ = 0;
};

}  // namespace manta::engines::llama
