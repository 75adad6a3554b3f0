#include <memory>
#include <utility>

#include <manta/detail/item_producer.h>

#include "api/local_items.h"
#include "api/replica_scope.h"

namespace manta::detail {
namespace {

class PipeFeed final : public ItemFeed {
 public:
  explicit PipeFeed(std::shared_ptr<api::LocalItems> pipe) : pipe_(std::move(pipe)) {}
  Task<Result<void>> write(std::string item) override { return pipe_->write(std::move(item)); }
  Result<void> write_blocking(std::string item) override { return pipe_->write_blocking(std::move(item)); }
  void end(Result<void> how) override { pipe_->end(std::move(how)); }

 private:
  const std::shared_ptr<api::LocalItems> pipe_;
};

class PipeProducer final : public ItemProducer {
 public:
  explicit PipeProducer(std::shared_ptr<api::LocalItems> pipe) : pipe_(std::move(pipe)) {}
  ~PipeProducer() override { pipe_->stop_reading(); }
  void attach(const std::shared_ptr<api::Strand>& reader) override { pipe_->set_reader(reader); }
  Task<Result<std::optional<std::string>>> next() override { return pipe_->next(); }

 private:
  const std::shared_ptr<api::LocalItems> pipe_;
};

}  // namespace

FeedEnds make_feed() {
  const api::ReplicaScope* replica = api::current_replica();
  const auto pipe = std::make_shared<api::LocalItems>(replica ? replica->strand : nullptr, nullptr);
  return {std::make_shared<PipeFeed>(pipe), std::make_unique<PipeProducer>(pipe)};
}

}  // namespace manta::detail
