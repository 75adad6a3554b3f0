#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <manta/detail/request_context.h>
#include <manta/error.h>
#include <manta/task.h>

#include "base/clock.h"
#include "base/loop.h"
#include "base/task_scope.h"
#include "net/channel.h"
#include "routing/dispatcher.h"

namespace manta::routing {

// What the stream of a call is made of, on its way to the method that takes it. Loop-confined.
class InputSource {
 public:
  // What goes in one request: items with their prefix (net/items.h). The last may have none, and the error that the
  // stream ends with.
  struct Batch {
    std::string body;
    bool last = false;
    std::optional<Error> error;
  };

  virtual ~InputSource() = default;
  virtual Task<Batch> next() = 0;  // waits for an item or the end; all that is there, up to kBatchBytes and an item
  virtual void stop() = 0;         // nobody reads on; next() is not called again

  static constexpr std::size_t kBatchBytes = 64 << 10;
};

// Sends a stream to the replica that runs the call it belongs to, in requests beside it (POST /-/input): what the
// source has while earlier items are on their way goes in one. The replica answers when it has room, so the source is
// read as fast as the method reads. Items that were not taken follow the call to another replica. Loop-confined;
// destroying it drops the source. Outlives the call that it goes with.
class InputSender {
 public:
  InputSender(Loop& loop, std::unique_ptr<InputSource> source, TimePoint deadline);
  ~InputSender();
  InputSender(const InputSender&) = delete;
  InputSender& operator=(const InputSender&) = delete;

  // Names the stream in the call and is told where that goes.
  void go_with(Outbound& call);

 private:
  struct SentWait;
  struct Pause;
  Task<void> send();
  Task<bool> deliver(std::shared_ptr<const InputSource::Batch> batch);
  net::Request request_of(const InputSource::Batch& batch) const;
  void sent_to(std::function<net::Channel*()> replica);

  Loop& loop_;
  const TimePoint deadline_;
  const std::string id_;
  std::unique_ptr<InputSource> source_;
  std::function<net::Channel*()> replica_;  // empty: not sent, or lost
  detail::Resumption sent_;
  TaskScope tasks_;
};

}  // namespace manta::routing
