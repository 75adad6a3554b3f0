#pragma once

#include <optional>
#include <string_view>

#include "control/event_log.h"
#include "net/exchange.h"

namespace manta::control {

// Answers GET /api/serve/events. `?since=` an id (events after it), or an age as "90s", "10m", "2h", "1d";
// `?application=`. As one JSON document; with `accept: text/event-stream` those, or all after the header
// Last-Event-ID, and then each as it happens: a client that lets more than a megabyte pile up loses its stream. The
// log outlives the exchange's streams.
void answer_events(EventLog& events, const net::ExchangePtr& exchange);

// The age in seconds that "10m" names; none: it is no age.
std::optional<double> age_s(std::string_view text);

}  // namespace manta::control
