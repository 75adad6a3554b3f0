#include "ingress/request_terms.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "ingress/request_id.h"
#include "net/wire.h"

namespace manta::ingress {
namespace {

namespace wire = net::wire;

// Names of session and model id are taken with "-" and "_" alike.
bool same_name(std::string_view name, std::string_view expected) {
  const auto plain = [](char c) { return c == '_' ? '-' : c; };
  return name.size() == expected.size() && std::ranges::equal(name, expected, {}, plain, plain);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool contains(std::string_view text, std::string_view word) {
  return !std::ranges::search(text, word, {}, lower, lower).empty();
}

Result<double> parse_timeout(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(seconds))
    return fail(ErrorCode::InvalidArgument, "header x-request-timeout-seconds is not a number of seconds",
                "x-request-timeout-seconds");
  return seconds;
}

Result<int> parse_priority(std::string_view text) {
  int priority = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), priority);
  if (error != std::errc{} || end != text.data() + text.size())
    return fail(ErrorCode::InvalidArgument, "header x-request-priority is not an integer", "x-request-priority");
  return priority;
}

void read_accept(std::string_view value, RequestTerms& terms) {
  terms.accepts_events = terms.accepts_events || contains(value, wire::kEventStream);
  terms.accepts_json = terms.accepts_json || contains(value, "application/json") || contains(value, "+json");
  const bool names_text = contains(value, "text/plain") || contains(value, "text/html");
  terms.accepts_text = terms.accepts_text || (names_text && !contains(value, "*/*"));
}

// The internal headers themselves are all named x-manta-*.
constexpr std::array<std::string_view, 9> kHopHeaders{"connection",          "keep-alive", "proxy-authenticate",
                                                      "proxy-authorization", "te",         "trailer",
                                                      "transfer-encoding",   "upgrade",    "http2-settings"};

// Set by this side, from what was read or counted.
constexpr std::array<std::string_view, 8> kSetAnew{"content-length",   "expect",      "x-request-id",
                                                   "proxy-connection", "traceparent", wire::kModelId,
                                                   wire::kSessionId,   wire::kTenant};

}  // namespace

Result<RequestTerms> read_terms(const net::Headers& headers, std::string_view session_header) {
  RequestTerms terms;
  for (const auto [name, value] : headers) {
    if (name == "accept") {
      read_accept(value, terms);
    } else if (name == "content-type") {
      terms.content_type = value;
      terms.sends_json = value == wire::kJson || contains(value, wire::kJson) || contains(value, "+json");
    } else if (name == wire::kRequestId) {
      if (is_sane_request_id(value)) terms.request_id = value;
    } else if (name == wire::kTraceParent) {
      terms.traceparent = value;
    } else if (name == "tracestate") {
      terms.tracestate = value;
    } else if (name == "idempotency-key") {
      terms.has_idempotency_key = !value.empty();
    } else if (name == "x-request-disconnect-disabled") {
      terms.outlives_client = value == "?1";
    } else if (name == "x-request-timeout-seconds") {
      const auto seconds = parse_timeout(value);
      if (!seconds) return std::unexpected(seconds.error());
      terms.timeout_s = *seconds;
    } else if (name == "x-request-priority") {
      const auto priority = parse_priority(value);
      if (!priority) return std::unexpected(priority.error());
      terms.priority = *priority;
    } else if (name == wire::kTenant) {
      terms.tenant = value;
    } else if (same_name(name, session_header)) {
      terms.session_id = value;
    } else if (same_name(name, wire::kModelId)) {
      terms.model_id = value;
    }
  }
  return terms;
}

bool prefers_json(const RequestTerms& terms, std::string_view body) {
  if (terms.accepts_json) return true;
  if (terms.accepts_text) return false;
  if (terms.sends_json) return true;
  const auto first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (body[first] == '{' || body[first] == '[');
}

bool is_hop_header(std::string_view name) {
  return name.starts_with("x-manta-") || std::ranges::find(kHopHeaders, name) != kHopHeaders.end();
}

net::Headers end_to_end(net::Headers headers) {
  headers.remove_if([](const net::Headers::Field& field) {
    return is_hop_header(field.name) || std::ranges::find(kSetAnew, field.name) != kSetAnew.end();
  });
  return headers;
}

}  // namespace manta::ingress
