#include "runtime/local/output_capture.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace manta::runtime {
namespace {

constexpr std::size_t kLines = 40;
constexpr std::size_t kLineBytes = 1000;
constexpr std::size_t kLogBytes = std::size_t{1} << 20;

// How many bytes of well-formed UTF-8 start at `at`; 0 if none do, or a control character does.
std::size_t utf8_length(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u; };
  const auto continues = [&](std::size_t count) {
    for (std::size_t i = 1; i <= count; ++i)
      if ((byte(i) & 0xc0) != 0x80) return false;
    return true;
  };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return first >= 0x20 || first == '\t' ? 1 : 0;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef)
    return continues(2) && !(first == 0xe0 && second < 0xa0) && !(first == 0xed && second > 0x9f) ? 3 : 0;
  if (first >= 0xf0 && first <= 0xf4)
    return continues(3) && !(first == 0xf0 && second < 0x90) && !(first == 0xf4 && second > 0x8f) ? 4 : 0;
  return 0;
}

void make_utf8(std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    if (length == 0) text[at] = '?';
    at += length == 0 ? 1 : length;
  }
}

}  // namespace

// The tail ends up in JSON: anything that is not printable ASCII or part of UTF-8 becomes '?'.
void OutputTail::push(std::string line) {
  if (line.size() > kLineBytes) line.resize(kLineBytes);
  make_utf8(line);
  lines_.push_back(std::move(line));
  if (lines_.size() > kLines) lines_.pop_front();
}

void OutputTail::add(std::string_view bytes, const std::function<void(std::string_view)>& on_line) {
  for (;;) {
    const std::size_t end = bytes.find('\n');
    partial_ += bytes.substr(0, std::min(end, bytes.size()));
    const bool too_long = partial_.size() > 16 * kLineBytes;
    if (end == std::string_view::npos && !too_long) return;
    if (on_line) on_line(partial_);
    push(std::move(partial_));
    partial_.clear();
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
  }
}

std::string OutputTail::text() const {
  std::string text;
  for (const std::string& line : lines_) text += line + "\n";
  std::string unfinished = partial_.substr(0, kLineBytes);
  make_utf8(unfinished);
  text += unfinished;
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

Result<std::unique_ptr<OutputCapture>> OutputCapture::open(Loop& loop, std::string log_path, OnLine on_line) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(ErrorCode::Unavailable, std::string("cannot make a pipe: ") + std::strerror(errno));
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  std::unique_ptr<OutputCapture> capture(new OutputCapture(std::move(log_path), std::move(on_line)));
  capture->write_end_ = ends[1];
  capture->log_ = ::open(capture->log_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  capture->watch_ = std::make_unique<FdWatch>(loop, ends[0], [raw = capture.get()] { raw->read(); });
  return capture;
}

OutputCapture::~OutputCapture() {
  close_write_end();
  if (log_ >= 0) ::close(log_);
}

void OutputCapture::close_write_end() {
  if (write_end_ >= 0) ::close(std::exchange(write_end_, -1));
}

std::string OutputCapture::last_lines() {
  if (open_) read();
  return tail_.text();
}

void OutputCapture::read() {
  std::array<char, 16384> buffer;
  for (;;) {
    const ssize_t got = ::read(watch_->fd(), buffer.data(), buffer.size());
    if (got <= 0) {
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      open_ = false;
      watch_.reset();
      return;
    }
    const std::string_view bytes(buffer.data(), static_cast<std::size_t>(got));
    append_to_log(bytes);
    tail_.add(bytes, on_line_);
  }
}

void OutputCapture::append_to_log(std::string_view bytes) {
  if (log_ < 0) return;
  if (logged_ + bytes.size() > kLogBytes) {
    ::close(log_);
    (void)std::rename(log_path_.c_str(), (log_path_ + ".1").c_str());
    log_ = ::open(log_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    logged_ = 0;
    if (log_ < 0) return;
  }
  if (::write(log_, bytes.data(), bytes.size()) > 0) logged_ += bytes.size();
}

}  // namespace manta::runtime
