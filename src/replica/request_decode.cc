#include "replica/request_decode.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "net/wire.h"

namespace manta::replica {
namespace {

std::int64_t number(std::optional<std::string_view> text, std::int64_t otherwise) {
  std::int64_t value = otherwise;
  if (text) std::from_chars(text->data(), text->data() + text->size(), value);
  return value;
}

std::string text_of(const net::Headers& headers, std::string_view name) {
  return std::string(headers.get(name).value_or(""));
}

bool names(std::optional<std::string_view> value, std::string_view type) {
  return value && value->find(type) != std::string_view::npos;
}

}  // namespace

std::shared_ptr<RequestContext> decode_context(const net::Request& request, TimePoint now) {
  auto context = std::make_shared<RequestContext>();
  const net::Headers& headers = request.headers;
  context->request_id = text_of(headers, net::wire::kRequestId);
  context->session_id = text_of(headers, net::wire::kSessionId);
  context->traceparent = text_of(headers, net::wire::kTraceParent);
  context->multiplexed_model_id = text_of(headers, net::wire::kModelId);
  context->route = text_of(headers, net::wire::kRoute);
  context->application = text_of(headers, net::wire::kApplication);
  context->tenant = text_of(headers, net::wire::kTenant);
  context->priority = static_cast<int>(number(headers.get(net::wire::kPriority), 0));
  constexpr std::int64_t kLongest = std::int64_t{1000} * 86'400 * 365;
  const std::int64_t ms = number(headers.get(net::wire::kTimeoutMs), -1);
  if (ms >= 0) context->deadline = now + std::chrono::milliseconds(std::min(ms, kLongest));
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

Format reply_format(const net::Request& request) {
  const auto accept = request.headers.get("accept");
  if (names(accept, net::wire::kMsgPack)) return Format::MsgPack;
  if (names(accept, net::wire::kJson)) return Format::Json;
  return request_format(request);
}

StreamKind stream_kind(const net::Request& request, const spec::MethodSpec& method) {
  if (method.raw_http && !is_handle_call(request)) return StreamKind::Raw;
  const auto accept = request.headers.get("accept");
  if (names(accept, net::wire::kItems)) return StreamKind::Items;
  if (names(accept, net::wire::kEventStream)) return StreamKind::Events;
  return request_format(request) == Format::MsgPack ? StreamKind::Items : StreamKind::Lines;
}

}  // namespace manta::replica
