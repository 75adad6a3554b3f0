#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <manta/error.h>

#include "base/loop.h"
#include "net/receive_budget.h"

namespace manta::net {

// The body of a request that was given to its handler at the head. The connection adds what comes; the handler takes
// it, and so lets the peer send more. At most a window of the connection waits to be taken; that, and what has been
// taken and is still in use, counts in the receive budget. Loop-confined; shared by an exchange and its connection.
class BodyStream : public std::enable_shared_from_this<BodyStream> {
 public:
  // `budget` outlives it. `on_taken` is told how many bytes were taken, until the body has ended.
  BodyStream(Loop& loop, ReceiveBudget& budget, std::function<void(std::size_t)> on_taken);
  ~BodyStream();

  // The handler's side.
  std::string take();                    // what has come since; empty: nothing
  void done_with(std::size_t bytes);     // of those taken: no longer in memory
  bool ended() const { return ended_; }  // nothing will come after what take() gives
  // Why it ended too early: InvalidArgument for bytes that are no body, Overloaded for want of memory, Cancelled when
  // the peer has gone.
  const std::optional<Error>& failure() const { return failure_; }
  // Called once, on the loop, never inline, when there is something to take or the end has come; replaces an earlier
  // one. Null clears it.
  void when_more(std::move_only_function<void()> callback);

  // The connection's side.
  void add(std::string_view bytes);  // may end it, for want of memory
  void finish();
  void fail(Error why);                                  // no-op after the end, as is finish()
  std::size_t waiting() const { return bytes_.size(); }  // not yet taken

 private:
  void end();
  void tell();

  Loop& loop_;
  ReceiveBudget& budget_;
  std::function<void(std::size_t)> on_taken_;
  std::string bytes_;
  std::size_t in_use_ = 0;  // taken
  bool ended_ = false;
  std::optional<Error> failure_;
  std::move_only_function<void()> on_more_;
};

}  // namespace manta::net
