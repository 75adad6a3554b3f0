#include "replica/request_decode.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/pooled.h"
#include "net/wire.h"

namespace manta::replica {
namespace {

std::int64_t number(std::optional<std::string_view> text, std::int64_t otherwise) {
  std::int64_t value = otherwise;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

TimePoint deadline(std::string_view timeout_ms, TimePoint now) {
  constexpr std::int64_t kLongest = std::int64_t{1000} * 86'400 * 365;
  const std::int64_t ms = number(timeout_ms, -1);
  return ms < 0 ? TimePoint::max() : now + std::chrono::milliseconds(std::min(ms, kLongest));
}

// Of several fields of a name the first counts.
void take_field(RequestContext& context, std::string_view name, std::string_view value, TimePoint now) {
  const auto take = [value](std::string& text) {
    if (text.empty()) text = value;
  };
  if (name == net::wire::kRequestId) return take(context.request_id);
  if (name == net::wire::kRoute) return take(context.route);
  if (name == net::wire::kApplication) return take(context.application);
  if (name == net::wire::kSessionId) return take(context.session_id);
  if (name == net::wire::kTraceParent) return take(context.traceparent);
  if (name == net::wire::kModelId) return take(context.multiplexed_model_id);
  if (name == net::wire::kTenant) return take(context.tenant);
  if (name == net::wire::kPriority && context.priority == 0) context.priority = static_cast<int>(number(value, 0));
  if (name == net::wire::kTimeoutMs && context.deadline == TimePoint::max()) context.deadline = deadline(value, now);
}

bool names(std::optional<std::string_view> value, std::string_view type) {
  return value && value->find(type) != std::string_view::npos;
}

}  // namespace

std::shared_ptr<RequestContext> decode_context(const net::Request& request, TimePoint now) {
  auto context = make_pooled<RequestContext>();
  for (const auto [name, value] : request.headers) take_field(*context, name, value, now);
  return context;
}

std::string_view method_name(const net::Request& request) {
  if (const auto named = request.headers.get(net::wire::kMethod)) return *named;
  std::string_view path = request.target;
  path = path.substr(0, path.find('?'));
  if (path.starts_with('/')) path.remove_prefix(1);
  return path;
}

bool is_handle_call(const net::Request& request) {
  return !request.headers.has(net::wire::kMethod) && request_format(request) == Format::MsgPack;
}

int waiting_requests(const net::Request& request) {
  return static_cast<int>(std::clamp<std::int64_t>(number(request.headers.get(net::wire::kWaiting), 0), 0, 1 << 20));
}

Format request_format(const net::Request& request) {
  return names(request.headers.get("content-type"), net::wire::kMsgPack) ? Format::MsgPack : Format::Json;
}

Format reply_format(const net::Request& request, Format asked) {
  const auto accept = request.headers.get("accept");
  if (names(accept, net::wire::kMsgPack)) return Format::MsgPack;
  if (names(accept, net::wire::kJson)) return Format::Json;
  return asked;
}

StreamKind stream_kind(const net::Request& request, const spec::MethodSpec& method) {
  if (method.raw_http && !is_handle_call(request)) return StreamKind::Raw;
  const auto accept = request.headers.get("accept");
  if (names(accept, net::wire::kItems)) return StreamKind::Items;
  if (names(accept, net::wire::kEventStream)) return StreamKind::Events;
  return request_format(request) == Format::MsgPack ? StreamKind::Items : StreamKind::Lines;
}

}  // namespace manta::replica
