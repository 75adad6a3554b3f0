#include "api/local_feed.h"

#include <utility>

#include "api/producer_input.h"

namespace manta::api {
namespace {

// The reading end of a stream on the callee's strand.
class PipeInput final : public replica::ItemInput {
 public:
  explicit PipeInput(std::shared_ptr<LocalItems> pipe) : pipe_(std::move(pipe)) {}
  ~PipeInput() override { pipe_->stop_reading(); }
  Task<Result<std::optional<std::string>>> next() override { return pipe_->next(); }

 private:
  const std::shared_ptr<LocalItems> pipe_;
};

Task<void> pump(std::shared_ptr<ProducerInput> source, std::shared_ptr<LocalItems> pipe) {
  for (;;) {
    auto reading = source->next();
    Result<std::optional<std::string>> item = co_await reading;
    if (!item) co_return pipe->end(std::unexpected(std::move(item.error())));
    if (!*item) co_return pipe->end({});
    auto writing = pipe->write(std::move(**item));
    const Result<void> written = co_await writing;
    if (!written) co_return;
  }
}

}  // namespace

std::unique_ptr<LocalFeed> LocalFeed::of(const std::shared_ptr<Strand>& caller, const std::shared_ptr<Strand>& callee,
                                         TransportCall& call) {
  return call.input ? std::unique_ptr<LocalFeed>(new LocalFeed(caller, callee, call)) : nullptr;
}

LocalFeed::LocalFeed(const std::shared_ptr<Strand>& caller, const std::shared_ptr<Strand>& callee, TransportCall& call)
    : tasks_(caller->loop()), pipe_(std::make_shared<LocalItems>(caller, callee)) {
  tasks_.spawn(pump(std::make_shared<ProducerInput>(std::move(call.input)), pipe_));
}

LocalFeed::~LocalFeed() {
  tasks_.cancel_all();
  pipe_->end(fail(ErrorCode::Cancelled, "the caller has gone"));
}

std::shared_ptr<replica::ItemInput> LocalFeed::input() const { return std::make_shared<PipeInput>(pipe_); }

}  // namespace manta::api
