#include "cli/events_command.h"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <boost/describe/class.hpp>

#include <manta/detail/json.h>

#include "base/loop.h"
#include "cli/event_text.h"
#include "net/channel.h"
#include "net/wire.h"

namespace manta::cli {
namespace {

constexpr Duration kReconnect = std::chrono::milliseconds(500);

struct EventsAnswer {
  std::vector<control::Event> events;
};
BOOST_DESCRIBE_STRUCT(EventsAnswer, (), (events))

std::string path_of(const EventsRequest& request) {
  std::string path = "/api/serve/events?since=" + (request.since.empty() ? "0" : request.since);
  if (!request.application.empty()) path += "&application=" + request.application;
  return path;
}

// False: nobody reads any more.
bool print(const control::Event& event, bool json) {
  fmt::print("{}\n", json ? detail::to_json(event).value_or("{}") : event_line(event));
  std::fflush(stdout);
  return std::ferror(stdout) == 0;
}

// Reads the stream of events and connects anew after the last one when it breaks. Loop-confined.
class Follower {
 public:
  Follower(Loop& loop, net::Address address, const EventsRequest& request)
      : loop_(loop), address_(std::move(address)), request_(request) {}

  void connect() {
    reconnects_ = false;
    call_.reset();
    text_.clear();
    channel_ = std::make_unique<net::Channel>(loop_, address_, net::ChannelOptions{}, budget_);
    net::Headers headers{{"accept", net::wire::kEventStream}};
    if (last_ > 0) headers.add("last-event-id", std::to_string(last_));
    const std::string path = path_of(request_);
    call_ = channel_->start({.method = "GET", .path = path, .headers = &headers}, [this] { update(); });
  }

 private:
  void update() {
    text_ += call_->take();
    for (std::size_t end = text_.find("\n\n"); end != std::string::npos; end = text_.find("\n\n")) {
      take(text_.substr(0, end));
      text_.erase(0, end + 2);
    }
    if (!call_->failure() && !call_->ended()) return;
    if (std::exchange(reconnects_, true)) return;
    loop_.after(kReconnect, [this] { connect(); });
  }

  void take(const std::string& block) {
    const std::size_t data = block.find("data: ");
    if (data == std::string::npos) return;
    const auto event = detail::from_json<control::Event>(block.substr(data + 6, block.find('\n', data) - data - 6),
                                                         UnknownKeys::Ignore);
    if (!event) return;
    last_ = event->id;
    if (!print(*event, request_.json)) loop_.stop();
  }

  Loop& loop_;
  net::Address address_;
  const EventsRequest& request_;
  net::ReceiveBudget budget_;
  std::unique_ptr<net::Channel> channel_;
  std::unique_ptr<net::ClientCall> call_;
  std::string text_;
  std::int64_t last_ = 0;
  bool reconnects_ = false;
};

}  // namespace

int events_command(const AdminTarget& target, const EventsRequest& request) {
  if (request.follow) {
    if (const auto alive = ask(target, "GET", path_of(request)); !alive) return report(alive.error(), target);
    SystemClock clock;
    Loop loop(clock);
    Follower follower(loop, {fmt::format("{}:{}", target.host, target.port)}, request);
    loop.post([&] { follower.connect(); });
    loop.run();
    return 0;
  }
  const auto answer = ask(target, "GET", path_of(request));
  if (!answer) return report(answer.error(), target);
  const auto events = detail::from_json<EventsAnswer>(answer->body, UnknownKeys::Ignore);
  if (!events) return report(events.error(), target);
  for (const control::Event& event : events->events)
    if (!print(event, request.json)) break;
  return 0;
}

}  // namespace manta::cli
