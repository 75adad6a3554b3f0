#include "ingress/access_log.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <chrono>
#include <utility>

namespace manta::ingress {
namespace {

// A line break in a path must not forge a line of the log.
void append_visible(std::string& out, std::string_view text) {
  for (const char c : text) out += c > ' ' && c != 0x7f ? c : '?';
}

void append_milliseconds(std::string& out, double value) {
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed, 1);
  out.append(buffer.data(), end.ptr);
  out += "ms";
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written <= 0) return;  // nobody reads the log: requests go on
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

AccessLog::AccessLog(int fd) : fd_(fd), writer_([this] { write_lines(); }) {}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  writer_.join();
}

void AccessLog::add(std::string_view verb, std::string_view path, int status, double milliseconds,
                    std::string_view request_id) {
  const std::lock_guard lock(mutex_);
  if (pending_.size() > kMaxPending) {
    ++dropped_;
    return;
  }
  const bool was_empty = pending_.empty();
  append_visible(pending_, verb);
  pending_ += ' ';
  append_visible(pending_, path.substr(0, path.find('?')));
  pending_ += ' ';
  pending_ += std::to_string(status);
  pending_ += ' ';
  append_milliseconds(pending_, milliseconds);
  if (!request_id.empty()) {
    pending_ += " request_id=";
    pending_ += request_id;
  }
  pending_ += '\n';
  if (was_empty) wake_.notify_one();
}

void AccessLog::write_lines() {
  std::string lines;
  std::unique_lock lock(mutex_);
  while (!stopping_ || !pending_.empty()) {
    if (pending_.empty()) wake_.wait(lock, [this] { return stopping_ || !pending_.empty(); });
    // Gather what comes in the next moment into the same write.
    wake_.wait_for(lock, std::chrono::milliseconds(50), [this] { return stopping_; });
    lines.swap(pending_);
    if (dropped_ > 0) lines += "access log: " + std::to_string(std::exchange(dropped_, 0)) + " lines dropped\n";
    lock.unlock();
    write_all(fd_, lines);
    lines.clear();
    lock.lock();
  }
}

}  // namespace manta::ingress
