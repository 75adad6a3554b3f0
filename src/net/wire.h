#pragma once
// Names on the internal hop; docs/reference/protocol.md describes them. The public door strips every x-manta-* header
// that comes from outside.

#include <string_view>

namespace manta::net::wire {

// request
inline constexpr std::string_view kTimeoutMs =
    "x-manta-timeout-ms";  // time left, rounded up to a power-of-two-ish grid
inline constexpr std::string_view kRequestId = "x-request-id";
inline constexpr std::string_view kTraceParent = "traceparent";
inline constexpr std::string_view kPriority = "x-manta-priority";
inline constexpr std::string_view kSessionId = "x-session-id";
inline constexpr std::string_view kTenant = "x-tenant-id";
inline constexpr std::string_view kModelId = "serve_multiplexed_model_id";
inline constexpr std::string_view kMethod = "x-manta-method";  // names the method of a raw HTTP request
inline constexpr std::string_view kWaiting =
    "x-manta-waiting";  // "1": more of this caller's requests wait for this replica
inline constexpr std::string_view kRoute = "x-manta-route";  // matched route, for metrics and logs
inline constexpr std::string_view kApplication = "x-manta-application";
inline constexpr std::string_view kShadow = "x-manta-shadow";  // "1": a copy; nobody waits for the answer
inline constexpr std::string_view kInput = "x-manta-input";    // names the stream that the call takes

// reply
inline constexpr std::string_view kQueue = "x-manta-queue";      // ongoing requests of the replica after this one
inline constexpr std::string_view kCache = "x-manta-cache";      // "hit", "miss", "joined"; passed on to clients
inline constexpr std::string_view kError = "x-manta-error";      // ErrorCode name; the body is the error as JSON
inline constexpr std::string_view kRefused = "x-manta-refused";  // "full", "draining", "no-method": never started
inline constexpr std::string_view kStatus =
    "x-manta-status";  // trailer of an item stream: "ok", else the body-less error
inline constexpr std::string_view kErrorJson = "x-manta-error-json";  // trailer: the error as JSON
inline constexpr std::string_view kErrorStatus =
    "x-manta-error-status";  // trailer: its HTTP status, if not that of the code

// content types
inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kMsgPack = "application/msgpack";
inline constexpr std::string_view kItems =
    "application/x-manta-items";  // 5-byte prefix (flag, big-endian size) + MessagePack
inline constexpr std::string_view kEventStream = "text/event-stream";
inline constexpr std::string_view kBy = "x-manta-by";  // to the admin API: who asks, for the history

// paths a replica answers itself
inline constexpr std::string_view kSlots = "/-/slots";      // control stream of a caller: grants and draining
inline constexpr std::string_view kInputPath = "/-/input";  // items for the stream of a call of the same connection
inline constexpr std::string_view kState = "/-/state";      // stream of replica states for the controller
inline constexpr std::string_view kCheckHealth = "/-/check_health";
inline constexpr std::string_view kMetrics = "/-/metrics";

}  // namespace manta::net::wire
