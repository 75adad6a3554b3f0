#include "cli/log_tail.h"

#include <algorithm>
#include <array>
#include <deque>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace manta::cli {

std::string LogTail::unread() {
  std::string text;
  const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return text;
  struct stat info{};
  ::fstat(file, &info);
  if (info.st_ino != inode_ || info.st_size < offset_) offset_ = 0;  // renamed or begun anew
  inode_ = info.st_ino;
  std::array<char, 65536> buffer;
  for (ssize_t got = 0; (got = ::pread(file, buffer.data(), buffer.size(), offset_)) > 0; offset_ += got)
    text.append(buffer.data(), static_cast<std::size_t>(got));
  ::close(file);
  return text;
}

void LogTail::follow(const OnLine& on_line) {
  partial_ += unread();
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = partial_.find('\n', begin)) != std::string::npos; begin = end + 1)
    on_line(std::string_view(partial_).substr(begin, end - begin));
  partial_.erase(0, begin);
}

void LogTail::last(std::size_t lines, const OnLine& on_line) {
  std::deque<std::string> kept;
  follow([&](std::string_view line) {
    kept.emplace_back(line);
    if (kept.size() > lines) kept.pop_front();
  });
  for (const std::string& line : kept) on_line(line);
}

}  // namespace manta::cli
