#include "control/replica_link.h"

#include <algorithm>
#include <utility>

#include <manta/detail/json.h>

#include "net/wire.h"
#include "spec/error_reply.h"
#include "spec/settings.h"

namespace manta::control {
namespace {

constexpr Duration kFirstBackoff = std::chrono::milliseconds(10);
constexpr Duration kLongestBackoff = std::chrono::seconds(1);

Error error_of(const net::Response& response) {
  auto reply = detail::from_json<spec::ErrorReply>(response.body, UnknownKeys::Ignore);
  if (reply) return spec::to_error(*reply, response.status);
  return {.code = ErrorCode::Unavailable, .message = "answered with status " + std::to_string(response.status)};
}

Task<Result<void>> ask(std::shared_ptr<net::Channel> channel, net::Request request, Duration timeout) {
  auto response = co_await channel->call(std::move(request), timeout);
  if (!response) co_return std::unexpected(std::move(response.error()));
  if (response->status != 200) co_return std::unexpected(error_of(*response));
  co_return Result<void>();
}

}  // namespace

ChannelLink::ChannelLink(Loop& loop, net::ReceiveBudget& budget, const std::string& address, OnState on_state,
                         net::PeerSecurityPtr security)
    : loop_(loop),
      budget_(budget),
      address_(net::Address::parse(address).value_or(net::Address{address})),
      on_state_(std::move(on_state)),
      security_(std::move(security)),
      tasks_(loop) {
  connect();
}

ChannelLink::~ChannelLink() {
  loop_.cancel(reconnect_);
  loop_.cancel(check_);
}

void ChannelLink::connect() {
  channel_ = std::make_shared<net::Channel>(loop_, address_, net::ChannelOptions{.security = security_}, budget_);
  const auto on_item = [this](std::string item) {
    backoff_ = kFirstBackoff;
    if (const auto state = detail::from_json<spec::ReplicaState>(item, UnknownKeys::Ignore)) on_state_(*state);
  };
  const auto on_end = [this](const std::string&) {
    reconnect_ = loop_.after(backoff_, [this] { connect(); });
    backoff_ = std::min(kLongestBackoff, backoff_ * 2);
  };
  states_ = std::make_unique<net::ItemStream>(*channel_, "POST", net::wire::kState, on_item, on_end);
}

void ChannelLink::check_health(Duration delay, Duration timeout, OnHealth on_health) {
  loop_.cancel(check_);
  check_ = loop_.after(delay, [this, timeout, callback = std::move(on_health)]() mutable {
    tasks_.spawn(run_check(timeout, std::move(callback)));
  });
}

// The result is handed over from the loop: the callback may destroy the link and with it this coroutine.
Task<void> ChannelLink::run_check(Duration timeout, OnHealth on_health) {
  auto asking = ask(channel_, {.method = "POST", .target = std::string(net::wire::kCheckHealth)}, timeout);
  Result<void> result = co_await asking;
  loop_.cancel(check_);  // the next one has been planned meanwhile: the result plans it anew
  check_ = loop_.after(Duration::zero(),
                       [callback = std::move(on_health), outcome = std::move(result)] { callback(outcome); });
}

Task<Result<void>> ChannelLink::tell_settings(std::string settings, Duration timeout) {
  net::Request request{.method = "POST", .target = std::string(spec::kSettingsPath), .body = std::move(settings)};
  request.headers.add("content-type", net::wire::kJson);
  return ask(channel_, std::move(request), timeout);
}

}  // namespace manta::control
