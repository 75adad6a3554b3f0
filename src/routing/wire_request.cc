#include "routing/wire_request.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <string_view>

#include "net/wire.h"

namespace manta::routing {
namespace {

struct Digits {
  explicit Digits(std::int64_t value) { end = std::to_chars(text.data(), text.data() + text.size(), value).ptr; }
  std::string_view view() const { return {text.data(), static_cast<std::size_t>(end - text.data())}; }
  std::array<char, 24> text;
  char* end;
};

// Rounded up, as a power of two: the replica only needs to know roughly how many.
std::uint32_t rounded(std::int32_t waiting) {
  return std::bit_ceil(static_cast<std::uint32_t>(std::min(waiting, 1 << 16)));
}

}  // namespace

void add_context(net::Headers& headers, const RequestContext& context, std::string_view application) {
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) headers.set(name, value);
  };
  add(net::wire::kRequestId, context.request_id);
  add(net::wire::kTraceParent, context.traceparent);
  add(net::wire::kSessionId, context.session_id);
  add(net::wire::kTenant, context.tenant);
  add(net::wire::kModelId, context.multiplexed_model_id);
  add(net::wire::kRoute, context.route);
  if (context.application != application) add(net::wire::kApplication, context.application);
  if (context.priority != 0) headers.set(net::wire::kPriority, Digits(context.priority).view());
}

std::uint64_t timeout_on_wire(Duration left) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  if (ms <= 1) return 1;
  const auto exact = static_cast<std::uint64_t>(ms);
  const int dropped = std::max(0, static_cast<int>(std::bit_width(exact)) - 3);
  const std::uint64_t step = std::uint64_t{1} << dropped;
  return (exact + step - 1) / step * step;
}

void set_attempt(net::Headers& headers, TimePoint deadline, TimePoint now, std::int32_t waiting) {
  if (deadline != TimePoint::max())
    headers.set(net::wire::kTimeoutMs, Digits(static_cast<std::int64_t>(timeout_on_wire(deadline - now))).view());
  if (waiting > 0)
    headers.set(net::wire::kWaiting, Digits(rounded(waiting)).view());
  else if (headers.has(net::wire::kWaiting))
    headers.remove(net::wire::kWaiting);
}

}  // namespace manta::routing
