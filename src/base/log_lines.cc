#include "base/log_lines.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace manta {
namespace {

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written <= 0) return;  // nobody reads the log: requests go on
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

LogLines::LogLines(int fd) : fd_(fd), writer_([this] { write_lines(); }) {}

LogLines::~LogLines() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  writer_.join();
  if (file_ >= 0) ::close(file_);
}

Result<void> LogLines::set_file(const std::string& path) {
  const int opened = path.empty() ? -1 : ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (!path.empty() && opened < 0) return fail(ErrorCode::Unavailable, path + ": " + std::strerror(errno));
  std::string earlier;
  int before = -1;
  {
    const std::lock_guard lock(mutex_);
    before = std::exchange(file_, opened);
    earlier.swap(pending_);
  }
  write_all(fd_, earlier);  // they may have another form than what follows: not for the new file
  if (before < 0) return {};
  write_all(before, earlier);
  ::close(before);
  return {};
}

// The file is written under a number of its own: it may be exchanged meanwhile.
void LogLines::write_lines() {
  std::string lines;
  std::unique_lock lock(mutex_);
  while (!stopping_ || !pending_.empty()) {
    if (pending_.empty()) wake_.wait(lock, [this] { return stopping_ || !pending_.empty(); });
    // Gather what comes in the next moment into the same write.
    wake_.wait_for(lock, std::chrono::milliseconds(50), [this] { return stopping_; });
    lines.swap(pending_);
    if (dropped_ > 0) lines += "access log: " + std::to_string(std::exchange(dropped_, 0)) + " lines dropped\n";
    const int file = file_ < 0 ? -1 : ::fcntl(file_, F_DUPFD_CLOEXEC, 0);
    lock.unlock();
    write_all(fd_, lines);
    if (file >= 0) {
      write_all(file, lines);
      ::close(file);
    }
    lines.clear();
    lock.lock();
  }
}

}  // namespace manta
