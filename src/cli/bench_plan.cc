#include "cli/bench_plan.h"

#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "base/of_seconds.h"
#include "cli/option_file.h"

namespace manta::cli {
namespace {

// The first address of a host, as the system knows it.
Result<net::Address> address_of(const HttpUrl& url) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int wrong = ::getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found);
  if (wrong != 0) return fail(ErrorCode::InvalidArgument, url.host + ": " + ::gai_strerror(wrong));
  char text[INET6_ADDRSTRLEN] = {};
  ::getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  const bool is_v6 = found->ai_family == AF_INET6;
  ::freeaddrinfo(found);
  return net::Address::parse(fmt::format(fmt::runtime(is_v6 ? "[{}]:{}" : "{}:{}"), text, url.port));
}

Result<net::Headers> headers_of(const BenchRequest& request, bool has_body) {
  net::Headers headers;
  for (const std::string& header : request.headers) {
    const auto colon = header.find(':');
    if (colon == std::string::npos || colon == 0)
      return fail(ErrorCode::InvalidArgument, "--header: '" + header + "' is not `name: value`");
    const auto value = header.find_first_not_of(' ', colon + 1);
    headers.add_lowered(header.substr(0, colon), value == std::string::npos ? "" : header.substr(value));
  }
  if (has_body && !headers.has("content-type")) headers.add("content-type", "application/json");
  if ((request.stream || !request.chat.empty()) && !headers.has("accept")) headers.add("accept", "text/event-stream");
  return headers;
}

std::string chat_body(const BenchRequest& request) {
  return fmt::format(R"({{"model": {}, "stream": true, "stream_options": {{"include_usage": true}}, "max_tokens": {}, )"
                     R"("messages": [{{"role": "user", "content": {}}}]}})",
                     *detail::to_json(request.chat), request.max_tokens,
                     detail::to_json(request.prompt).value_or("\"\""));
}

// What is sent, one after the other.
Result<std::vector<std::string>> bodies_of(const BenchRequest& request) {
  if (!request.chat.empty()) return std::vector{chat_body(request)};
  if (!request.body_file.empty()) {
    auto text = file_of_option("--body-file", request.body_file);
    if (!text) return std::unexpected(std::move(text.error()));
    return std::vector{std::move(*text)};
  }
  if (request.bodies_file.empty()) return std::vector{request.body};
  auto text = file_of_option("--bodies", request.bodies_file);
  if (!text) return std::unexpected(std::move(text.error()));
  std::vector<std::string> bodies;
  std::istringstream lines(*text);
  for (std::string line; std::getline(lines, line);)
    if (!line.empty()) bodies.push_back(line);
  if (bodies.empty()) return fail(ErrorCode::InvalidArgument, "--bodies: " + request.bodies_file + " has no lines");
  return bodies;
}

}  // namespace

Result<HttpUrl> parse_http_url(std::string_view text) {
  const std::string_view whole = text;
  if (text.starts_with("https://"))
    return fail(ErrorCode::InvalidArgument, "https is not supported: " + std::string(whole));
  if (text.starts_with("http://")) text.remove_prefix(7);
  const auto slash = std::min(text.find_first_of("/?"), text.size());
  std::string_view host = text.substr(0, slash);
  HttpUrl url{.host = {}, .port = "80", .target = std::string(text.substr(slash))};
  if (!url.target.starts_with('/')) url.target.insert(0, 1, '/');
  const auto colon = host.ends_with(']') ? std::string_view::npos : host.rfind(':');
  if (colon != std::string_view::npos) {
    url.port = host.substr(colon + 1);
    host = host.substr(0, colon);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  url.host = host;
  const auto port = detail::from_json<int>(url.port);
  if (url.host.empty() || !port || *port < 1 || *port > 65535)
    return fail(ErrorCode::InvalidArgument, "'" + std::string(whole) + "' is not http://HOST:PORT/PATH");
  return url;
}

Result<loadgen::LoadPlan> bench_plan(const BenchRequest& request) {
  auto url = parse_http_url(request.url);
  if (!url) return std::unexpected(std::move(url.error()));
  if (!request.chat.empty() && url->target == "/") url->target = "/v1/chat/completions";
  auto address = address_of(*url);
  if (!address) return std::unexpected(std::move(address.error()));
  auto bodies = bodies_of(request);
  if (!bodies) return std::unexpected(std::move(bodies.error()));
  const bool has_body = bodies->size() > 1 || !bodies->front().empty();
  const auto headers = headers_of(request, has_body);
  if (!headers) return std::unexpected(headers.error());

  loadgen::LoadPlan plan{.address = *address,
                         .authority = url->host + ":" + url->port,
                         .requests = {},
                         .http2 = request.http2,
                         .connections = request.connections,
                         .concurrency = request.concurrency,
                         .rate = request.rate,
                         .burstiness = request.burstiness,
                         .seed = request.seed,
                         .warm_up = of_seconds(request.count ? 0 : request.warm_up_s),
                         .duration = of_seconds(request.duration_s),
                         .count = request.count,
                         .timeout = of_seconds(request.timeout_s),
                         .model = request.chat,
                         .reads_events = request.stream || !request.chat.empty()};
  for (std::string& body : *bodies)
    plan.requests.push_back({.method = !request.method.empty() ? request.method
                                       : has_body              ? "POST"
                                                               : "GET",
                             .path = url->target,
                             .headers = *headers,
                             .body = std::make_shared<const std::string>(std::move(body))});
  return plan;
}

}  // namespace manta::cli
