#pragma once

#include <functional>
#include <memory>
#include <string>

#include <manta/detail/caller.h>
#include <manta/task.h>

#include "api/strand.h"
#include "net/channel.h"
#include "routing/dispatcher.h"

namespace manta::api {

// Sends the items of a stream to the replica that runs the call they belong to, in requests beside it (POST /-/input):
// what the source gives while earlier items are on their way goes in one. The replica answers when it has room, so the
// source is read as fast as the method reads. Items that were not taken follow the call to another replica.
// Strand-confined; destroying it drops the source.
class InputFeeder {
 public:
  InputFeeder(const std::shared_ptr<Strand>& strand, std::shared_ptr<detail::ItemProducer> source,
              RequestContext::TimePoint deadline);
  ~InputFeeder();

  // Names the stream in the call and is told where that goes.
  void go_with(routing::Outbound& call);

 private:
  struct Batch;
  struct SentWait;
  struct Pause;
  Batch take_available();
  Task<void> send();
  Task<bool> deliver(std::shared_ptr<const Batch> batch);
  void sent_to(std::function<net::Channel*()> replica);

  Loop& loop_;
  const RequestContext::TimePoint deadline_;
  const std::string id_;
  detail::PendingStream items_;
  std::function<net::Channel*()> replica_;  // empty: not sent, or lost
  detail::Resumption sent_;
  TaskScope tasks_;
};

}  // namespace manta::api
