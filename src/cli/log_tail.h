#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include <sys/types.h>

namespace manta::cli {

// Reads a log file that another process appends to and renames to <file>.1 when it is large. Not there yet counts as
// empty.
class LogTail {
 public:
  using OnLine = std::function<void(std::string_view line)>;

  explicit LogTail(std::string path) : path_(std::move(path)) {}

  // The last `lines` lines of what is there now; follow() goes on from its end.
  void last(std::size_t lines, const OnLine& on_line);
  // Complete lines that have come since.
  void follow(const OnLine& on_line);

 private:
  std::string unread();

  std::string path_;
  std::string partial_;
  ino_t inode_ = 0;
  off_t offset_ = 0;
};

}  // namespace manta::cli
