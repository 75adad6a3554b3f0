#pragma once

#include <memory>

#include <manta/detail/caller.h>
#include <manta/task.h>

#include "api/strand.h"
#include "routing/input_sender.h"

namespace manta::api {

// What a caller gives to a call that takes a stream, on its way to another process. Strand-confined.
class InputItems final : public routing::InputSource {
 public:
  InputItems(const std::shared_ptr<Strand>& strand, std::shared_ptr<detail::ItemProducer> source);

  Task<Batch> next() override;
  void stop() override { items_.cancel(); }

 private:
  detail::PendingStream items_;
};

}  // namespace manta::api
