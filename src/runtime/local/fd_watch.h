#pragma once

#include <functional>
#include <memory>

#include "base/loop.h"

namespace manta::runtime {

// Owns a descriptor (pipe, signalfd, pidfd) and calls back on the loop whenever it may be read. The callback must read
// until it would block, and may destroy the watch. Loop-confined.
class FdWatch {
 public:
  // No callback: it is only written to.
  FdWatch(Loop& loop, int fd, std::function<void()> on_readable);
  ~FdWatch();  // closes the descriptor
  FdWatch(const FdWatch&) = delete;
  FdWatch& operator=(const FdWatch&) = delete;

  int fd() const;
  // Calls back once, on the loop, when the descriptor may be written to; never after the watch is gone.
  void once_writable(std::function<void()> callback);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Delivers these signals as callbacks on the loop instead of to handlers. They are blocked for the calling thread and
// for the threads it makes later; spawn() unblocks them in children.
std::unique_ptr<FdWatch> watch_signals(Loop& loop, std::initializer_list<int> signals,
                                       std::function<void(int)> on_signal);

}  // namespace manta::runtime
