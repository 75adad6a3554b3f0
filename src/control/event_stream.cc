#include "control/event_stream.h"

#include <charconv>
#include <memory>
#include <utility>

#include <boost/describe/class.hpp>

#include "base/unix_time.h"
#include "control/admin_reply.h"
#include "control/query_value.h"
#include "net/wire.h"

namespace manta::control {
namespace {

constexpr std::size_t kMostQueued = std::size_t{1} << 20;

struct EventsReply {
  std::vector<Event> events;
};
BOOST_DESCRIBE_STRUCT(EventsReply, (), (events))

struct Wanted {
  std::int64_t after = 0;
  double not_before_s = 0;
  std::string application;
};

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

Result<Wanted> wanted_of(const net::Request& request) {
  Wanted wanted{.after = 0, .not_before_s = 0, .application = query_value(request.target, "application").value_or("")};
  const auto since = query_value(request.target, "since");
  if (since) {
    const auto id = number_of(*since);
    const auto age = age_s(*since);
    if (!id && !age)
      return fail(ErrorCode::InvalidArgument,
                  "since: expected the id of an event or an age as 90s, 10m, 2h or 1d, found '" + *since + "'");
    if (id) wanted.after = *id;
    if (age) wanted.not_before_s = unix_time_s() - *age;
  }
  if (const auto last = request.headers.get("last-event-id"))
    if (const auto id = number_of(*last)) wanted.after = *id;
  return wanted;
}

std::string as_server_sent(const Event& event) {
  return "id: " + std::to_string(event.id) + "\nevent: " + event.kind +
         "\ndata: " + detail::to_json(event).value_or("{}") + "\n\n";
}

void stream(EventLog& log, const net::ExchangePtr& exchange, const Wanted& wanted) {
  exchange->start(200, {{"content-type", net::wire::kEventStream}, {"cache-control", "no-cache"}});
  std::string text = ": events of this instance\n\n";
  for (const Event& event : log.since(wanted.after, wanted.not_before_s, wanted.application))
    text += as_server_sent(event);
  exchange->write(text);
  // The exchange is held by the listener, which ends with it.
  const auto listener = std::make_shared<std::uint64_t>(0);
  *listener = log.listen([&log, listener, exchange, last = log.last_id(),
                          application = wanted.application](const std::vector<Event>& events) {
    std::string more;
    for (const Event& event : events)
      if (event.id > last && (application.empty() || event.application == application)) more += as_server_sent(event);
    const bool lags = exchange->queued() > kMostQueued;
    if (lags) exchange->abort();
    if (lags || exchange->closed()) return log.forget(*listener);
    if (!more.empty()) exchange->write(more);
  });
  exchange->when_closed([&log, listener] { log.forget(*listener); });
}

}  // namespace

std::optional<double> age_s(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto number = number_of(text.substr(0, text.size() - 1));
  constexpr std::string_view kUnits = "smhd";
  constexpr double kSeconds[] = {1, 60, 3600, 86400};
  const std::size_t unit = kUnits.find(text.back());
  if (!number || unit == std::string_view::npos) return std::nullopt;
  return static_cast<double>(*number) * kSeconds[unit];
}

void answer_events(EventLog& events, const net::ExchangePtr& exchange) {
  const net::Request& request = exchange->request();
  if (request.method != "GET") return exchange->respond(method_not_allowed("GET"));
  const auto wanted = wanted_of(request);
  if (!wanted) return exchange->respond(error_answer(wanted.error()));
  const auto accept = request.headers.get("accept");
  if (accept && accept->contains(net::wire::kEventStream)) return stream(events, exchange, *wanted);
  exchange->respond(json_answer(EventsReply{events.since(wanted->after, wanted->not_before_s, wanted->application)}));
}

}  // namespace manta::control
