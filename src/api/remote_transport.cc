#include "api/remote_transport.h"

#include <utility>

#include "api/input_items.h"
#include "net/items.h"
#include "net/wire.h"
#include "routing/input_sender.h"
#include "routing/pending_call.h"

namespace manta::api {
namespace {

constexpr std::size_t kStreamWindow = 32 << 10;

routing::Outbound outbound(TransportCall call, std::string_view accept) {
  routing::Outbound request{
      .method = std::move(call.method), .body = std::move(call.body), .context = std::move(call.context)};
  request.policy = std::move(call.policy);
  request.headers.add("content-type", net::wire::kMsgPack);
  if (accept != net::wire::kMsgPack) request.headers.add("accept", accept);  // an answer is in the format of the call
  if (call.retry && request.context) request.headers.add("idempotency-key", request.context->request_id);
  return request;
}

// Null for a call that takes no stream.
std::unique_ptr<routing::InputSender> input_of(TransportCall& call) {
  if (!call.input) return nullptr;
  const auto deadline = call.context ? call.context->deadline : RequestContext::TimePoint::max();
  auto items = std::make_unique<InputItems>(call.strand, std::move(call.input));
  return std::make_unique<routing::InputSender>(call.strand->loop(), std::move(items), deadline);
}

class AnswerItems final : public ItemSource {
 public:
  AnswerItems(routing::Answer answer, std::unique_ptr<routing::InputSender> input)
      : input_(std::move(input)), answer_(std::move(answer)) {}

  std::optional<std::string> take_ready() override {
    Result<std::optional<std::string>> item = items_.next();
    return item ? std::move(*item) : std::nullopt;  // what is wrong is told by next()
  }

  Task<Result<std::optional<std::string>>> next() override {
    for (;;) {
      Result<std::optional<std::string>> item = items_.next();
      if (!item || *item) co_return item;
      std::optional<Result<std::string>> bytes = answer_.try_next();
      for (; !bytes; bytes = answer_.try_next()) co_await answer_.pending().update();
      if (!*bytes) co_return std::unexpected(std::move(bytes->error()));
      if ((*bytes)->empty()) break;
      items_.feed(**bytes);
    }
    if (items_.at_boundary()) co_return std::optional<std::string>();
    co_return fail(ErrorCode::ReplicaDied, "the stream ended inside an item");
  }

 private:
  std::unique_ptr<routing::InputSender> input_;
  routing::Answer answer_;
  net::ItemSplitter items_;
};

}  // namespace

Error RemoteTransport::unknown() const {
  return {.code = ErrorCode::NotFound,
          .message = "application '" + application_ + "' has no deployment '" + deployment_ + "'"};
}

// Waiting for replicas of what does not exist would never end.
std::shared_ptr<routing::Dispatcher> RemoteTransport::dispatcher(const TransportCall& call) {
  if (!found_ || found_at_ != dispatchers_.version()) {
    found_ = nullptr;
    if (dispatchers_.is_unknown(application_, deployment_)) return nullptr;
    found_ = dispatchers_.at(application_, deployment_);
    found_at_ = dispatchers_.version();
  }
  if (call.arguments_took) found_->waited_for_arguments(*call.arguments_took);
  return found_;
}

Task<Result<detail::CallResult>> RemoteTransport::call(TransportCall call) {
  const auto to = dispatcher(call);
  if (!to) co_return std::unexpected(unknown());
  const auto input = input_of(call);
  auto request = outbound(std::move(call), net::wire::kMsgPack);
  if (input) input->go_with(request);
  auto calling = to->call(std::move(request));
  Result<net::Response> response = co_await calling;
  if (!response) co_return std::unexpected(std::move(response.error()));
  co_return detail::CallResult{.encoded = std::move(response->body)};
}

Task<Result<std::unique_ptr<ItemSource>>> RemoteTransport::open(TransportCall call) {
  const auto to = dispatcher(call);
  if (!to) co_return std::unexpected(unknown());
  auto input = input_of(call);
  auto request = outbound(std::move(call), net::wire::kItems);
  if (input) input->go_with(request);
  request.window = kStreamWindow;
  auto dispatching = to->dispatch(std::move(request));
  Result<routing::Answer> answer = co_await dispatching;
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  std::unique_ptr<ItemSource> items = std::make_unique<AnswerItems>(std::move(*answer), std::move(input));
  co_return items;
}

}  // namespace manta::api
