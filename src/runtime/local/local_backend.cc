#include "runtime/local/local_backend.h"

#include <chrono>
#include <utility>

#include <manta/detail/json.h>

#include "net/wire.h"
#include "runtime/local/agent_messages.h"
#include "spec/error_reply.h"

namespace manta::runtime {
namespace {

constexpr Duration kCallTimeout = std::chrono::seconds(10);
constexpr int kMostStarts = 16;  // at once; far below what the agent does within kCallTimeout on a busy machine
constexpr Duration kRewatchDelay = std::chrono::milliseconds(100);

template <class T>
Result<T> parse(Result<std::string> body) {
  if (!body) return std::unexpected(std::move(body.error()));
  return detail::from_json<T>(*body);
}

}  // namespace

// Held by a start until it has ended, in whatever way; who waits goes on in the loop's next turn.
class LocalBackend::StartPlace {
 public:
  StartPlace(Loop& loop, std::shared_ptr<Starts> starts) : loop_(loop), starts_(std::move(starts)) { ++starts_->open; }
  ~StartPlace() {
    --starts_->open;
    loop_.post([weak = std::weak_ptr(starts_)] {
      if (const auto starts = weak.lock()) starts->freed.notify();
    });
  }
  StartPlace(const StartPlace&) = delete;
  StartPlace& operator=(const StartPlace&) = delete;

 private:
  Loop& loop_;
  const std::shared_ptr<Starts> starts_;
};

LocalBackend::LocalBackend(Loop& loop, Logger& logger, std::string agent_address)
    : loop_(loop), logger_(logger), address_{std::move(agent_address)} {}

LocalBackend::~LocalBackend() { loop_.cancel(rewatch_); }

std::shared_ptr<net::Channel> LocalBackend::channel() {
  if (!channel_ || channel_->state() == net::Channel::State::Lost || channel_->state() == net::Channel::State::Draining)
    channel_ = std::make_shared<net::Channel>(loop_, address_, net::ChannelOptions{}, budget_);
  return channel_;
}

// The channel is held by the frame: another call may replace the member meanwhile.
Task<Result<std::string>> LocalBackend::call(std::string path, std::string body) {
  const std::shared_ptr<net::Channel> held = channel();
  net::Request request{.method = "POST", .target = std::move(path), .body = std::move(body)};
  request.headers.add("content-type", net::wire::kJson);
  auto response = co_await held->call(std::move(request), kCallTimeout);
  if (!response) co_return std::unexpected(std::move(response.error()));
  if (response->status == 200) co_return std::move(response->body);
  auto error = detail::from_json<spec::ErrorReply>(response->body, UnknownKeys::Ignore);
  if (!error) co_return fail(ErrorCode::Internal, "the node agent answered " + std::to_string(response->status));
  co_return std::unexpected(spec::to_error(*error, response->status));
}

Task<Result<ObservedReplica>> LocalBackend::start(ReplicaProcess process) {
  auto body = detail::to_json(process);
  if (!body) co_return std::unexpected(std::move(body.error()));
  while (starts_->open >= kMostStarts) co_await starts_->freed.wait();
  const StartPlace place(loop_, starts_);
  auto answer = co_await call("/start", std::move(*body));
  co_return parse<ObservedReplica>(std::move(answer));
}

Task<Result<void>> LocalBackend::stop(std::string id, double grace_s) {
  auto body = detail::to_json(StopRequest{.id = std::move(id), .grace_s = grace_s});
  if (!body) co_return std::unexpected(std::move(body.error()));
  auto answer = co_await call("/stop", std::move(*body));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return Result<void>();
}

Task<Result<std::vector<ObservedReplica>>> LocalBackend::list() {
  auto answer = co_await call("/list", "{}");
  auto list = parse<ReplicaList>(std::move(answer));
  if (!list) co_return std::unexpected(std::move(list.error()));
  co_return std::move(list->replicas);
}

Task<Result<std::vector<NodeInfo>>> LocalBackend::nodes() {
  auto answer = co_await call("/nodes", "{}");
  auto list = parse<NodeList>(std::move(answer));
  if (!list) co_return std::unexpected(std::move(list.error()));
  co_return std::move(list->nodes);
}

Task<Result<void>> LocalBackend::kill_role(std::string name) {
  auto body = detail::to_json(KillRoleRequest{.name = std::move(name)});
  if (!body) co_return std::unexpected(std::move(body.error()));
  auto answer = co_await call("/kill_role", std::move(*body));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return Result<void>();
}

Task<Result<void>> LocalBackend::shut_down_instance() {
  auto answer = co_await call("/shutdown", "{}");
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  co_return Result<void>();
}

void LocalBackend::on_exit(std::function<void(ReplicaExit)> callback) {
  on_exit_ = std::move(callback);
  watch();
}

// Without the agent this process does not live; a broken stream is a fault that is repaired, not a state.
void LocalBackend::watch() {
  const auto on_item = [this](std::string item) {
    if (auto exit = detail::from_json<ReplicaExit>(item, UnknownKeys::Ignore)) on_exit_(std::move(*exit));
  };
  const auto on_end = [this](const std::string& reason) {
    logger_.warn("lost the stream of exits", {{"reason", reason}});
    rewatch_ = loop_.after(kRewatchDelay, [this] { watch(); });
  };
  exits_ = std::make_unique<net::ItemStream>(*channel(), "POST", "/watch", on_item, on_end);
}

}  // namespace manta::runtime
