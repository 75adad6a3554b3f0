#pragma once

#include <condition_variable>
#include <cstddef>
#include <exception>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include <manta/detail/batch_queue.h>
#include <manta/mailbox.h>

namespace manta::detail {

// Bounds what a batch function may be ahead of the reader of one item.
class OutputGate {
 public:
  // On a compute thread: waits for room. False once nobody reads. On a strand and outside a replica it never waits.
  bool enter();
  void leave();    // one was read
  void abandon();  // nobody reads any more
  bool abandoned() const;

 private:
  mutable std::mutex mutex_;  // guards what follows
  std::condition_variable room_;
  std::size_t inside_ = 0;
  bool abandoned_ = false;
};

template <class In, class Out>
struct StreamItem : BatchItem {
  explicit StreamItem(In value) : in(std::move(value)) {}
  void ended() override { outputs.close(); }
  // Not once its stream has ended: its reader may be looking at `error`.
  void fail(std::exception_ptr why) override {
    if (!gate.abandoned()) error = std::move(why);
  }

  std::optional<In> in;
  OutputGate gate;
  Mailbox<Out> outputs{std::numeric_limits<std::size_t>::max()};  // as many as the gate lets in
};

}  // namespace manta::detail
