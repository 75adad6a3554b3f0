#include "runtime/ray/ray_connection.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/local/agent.h"

namespace manta::runtime {
namespace {

constexpr Duration kProven = std::chrono::seconds(10);  // a bridge that was ready for so long begins the pauses anew
constexpr const char* kEpochIsPast = "epoch_is_past";

}  // namespace

RayConnection::RayConnection(Loop& loop, Logger& logger, BridgeOptions options, Callbacks callbacks)
    : loop_(loop), logger_(logger), options_(std::move(options)), callbacks_(std::move(callbacks)) {
  restart_ = loop_.after(Duration::zero(), [this] { start_bridge(); });
}

RayConnection::~RayConnection() { loop_.cancel(restart_); }

void RayConnection::start_bridge() {
  restart_ = 0;
  auto started = BridgeProcess::start(
      loop_, logger_, options_,
      {.on_welcome = [this](BridgeWelcome welcome) { on_welcome(std::move(welcome)); },
       .on_event = [this](const std::string& name, const std::string& data) { callbacks_.on_event(name, data); },
       .on_end = [this](Error why) { on_end(std::move(why)); }});
  if (!started) return on_end(std::move(started.error()));
  bridge_ = *std::move(started);
}

void RayConnection::on_welcome(BridgeWelcome welcome) {
  logger_.info("connected to Ray", {{"ray", welcome.ray}, {"node", welcome.node_id}, {"bridge_pid", pid()}});
  const bool first = !welcome_;
  welcome_ = std::move(welcome);
  ready_ = attempted_ = true;
  ready_since_ = loop_.now();
  last_error_.reset();
  callbacks_.on_ready(first);
  changed_.notify();
}

// The bridge that tells of its end is still on the stack.
void RayConnection::retire_bridge() {
  if (!bridge_) return;
  std::shared_ptr<BridgeProcess> old = std::move(bridge_);
  loop_.post([old] {});
}

void RayConnection::on_end(Error why) {
  retire_bridge();
  if (std::exchange(ready_, false) && loop_.now() - ready_since_ >= kProven) ends_in_a_row_ = 0;
  attempted_ = true;
  const bool superseded = why.detail == kEpochIsPast;
  const Duration delay = role_restart_delay(++ends_in_a_row_);
  if (superseded || superseded_)
    logger_.error("the Ray cluster obeys a later controller", {{"error", why.message}});
  else
    logger_.error(
        "no bridge to Ray",
        {{"error", why.message}, {"reason", why.detail}, {"again_in_s", std::chrono::duration<double>(delay).count()}});
  last_error_ = std::move(why);
  if (!superseded && !superseded_)
    restart_ = loop_.after(delay, [this] { start_bridge(); });
  else
    end_obedience();
  changed_.notify();
}

void RayConnection::end_obedience() {
  if (!std::exchange(superseded_, true)) callbacks_.on_superseded();
}

Task<Result<void>> RayConnection::first_attempt() {
  while (!attempted_) co_await changed_.wait();
  if (ready_) co_return Result<void>();
  co_return std::unexpected(last_error_.value_or(Error{.code = ErrorCode::Unavailable}));
}

Task<Result<std::string>> RayConnection::call(std::string op, std::string arguments, Duration limit) {
  const bool limited = limit > Duration::zero();
  const TimePoint until = loop_.now() + limit;
  std::optional<Alarm> alarm;
  if (limited) alarm.emplace(loop_, until, [this] { changed_.notify(); });
  for (;;) {
    while (!ready_ && !superseded_ && !(limited && loop_.now() >= until)) co_await changed_.wait();
    if (!ready_)
      co_return std::unexpected(last_error_.value_or(Error{.code = ErrorCode::Unavailable,
                                                           .message = "the bridge to Ray is not ready for " + op,
                                                           .detail = kBridgeLost}));
    auto answer = co_await bridge_->call(op, arguments, limited ? std::max(until - loop_.now(), Duration(1)) : limit);
    if (!answer && answer.error().detail == kEpochIsPast) end_obedience();
    if (answer || answer.error().detail != kBridgeLost) co_return answer;
    if (limited && loop_.now() >= until) co_return answer;
  }
}

}  // namespace manta::runtime
