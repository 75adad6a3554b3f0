#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <manta/error.h>

#include "runtime/local/fd_watch.h"

namespace manta::runtime {

// The last lines of a text that never ends: at most 40 lines of 1,000 bytes each.
class OutputTail {
 public:
  // Calls `on_line` for each line that `bytes` completes.
  void add(std::string_view bytes, const std::function<void(std::string_view)>& on_line);
  std::string text() const;

 private:
  void push(std::string line);
  std::deque<std::string> lines_;
  std::string partial_;
};

// Reads what one child writes to its output pipe: keeps the tail, passes complete lines on, and appends all to a log
// file that is renamed to <file>.1 at 1 MiB. Loop-confined.
class OutputCapture {
 public:
  using OnLine = std::function<void(std::string_view)>;

  // Opens the pipe. The write end goes to the child; close_write_end() after it was started.
  static Result<std::unique_ptr<OutputCapture>> open(Loop& loop, std::string log_path, OnLine on_line);
  ~OutputCapture();

  int write_end() const { return write_end_; }
  void close_write_end();
  // What has arrived until now, also if it was not read yet.
  std::string last_lines();

 private:
  OutputCapture(std::string log_path, OnLine on_line) : log_path_(std::move(log_path)), on_line_(std::move(on_line)) {}
  void read();
  void append_to_log(std::string_view bytes);

  std::string log_path_;
  OnLine on_line_;
  OutputTail tail_;
  std::unique_ptr<FdWatch> watch_;
  int write_end_ = -1;
  int log_ = -1;
  std::size_t logged_ = 0;
  bool open_ = true;
};

}  // namespace manta::runtime
