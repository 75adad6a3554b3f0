#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <manta/detail/caller.h>

#include "replica/error_response.h"
#include "replica/servable.h"

namespace manta::api {

// What a caller gives to a call that takes a stream. What the source throws is the error of the stream.
class ProducerInput final : public replica::ItemInput {
 public:
  explicit ProducerInput(std::shared_ptr<detail::ItemProducer> producer) : producer_(std::move(producer)) {}

  Task<Result<std::optional<std::string>>> next() override {
    try {
      auto making = producer_->next();
      co_return co_await making;
    } catch (...) {
      co_return std::unexpected(replica::error_of(std::current_exception()));
    }
  }

 private:
  const std::shared_ptr<detail::ItemProducer> producer_;
};

}  // namespace manta::api
