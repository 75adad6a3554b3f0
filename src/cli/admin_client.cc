#include "cli/admin_client.h"

#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "cli/call.h"
#include "cli/terminal.h"

namespace manta::cli {

Result<AdminTarget> parse_admin_address(const std::string& text) {
  std::string_view rest = text;
  if (rest.starts_with("http://")) rest.remove_prefix(7);
  while (rest.ends_with('/')) rest.remove_suffix(1);
  AdminTarget target;
  const std::size_t colon = rest.rfind(':');
  if (colon != std::string_view::npos) {
    target.host = rest.substr(0, colon);
    rest.remove_prefix(colon + 1);
  }
  if (target.host == "localhost") target.host = "127.0.0.1";
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), target.port);
  if (error != std::errc() || end != rest.data() + rest.size() || target.port < 1 || target.port > 65535 ||
      target.host.empty() || target.host.find('/') != std::string::npos)
    return fail(
        ErrorCode::InvalidArgument,
        fmt::format("'{}' is no address of an admin port; expected http://HOST:PORT, as http://localhost:8265", text));
  return target;
}

Result<net::Response> ask(const AdminTarget& target, const std::string& method, const std::string& path,
                          std::string body, Duration timeout) {
  return call_and_wait({fmt::format("{}:{}", target.host, target.port)}, method, path, std::move(body), timeout,
                       target.by);
}

Result<control::InstanceDetails> instance_details(const AdminTarget& target) {
  const auto answer = ask(target, "GET", "/api/serve/details");
  if (!answer) return std::unexpected(answer.error());
  return detail::from_json<control::InstanceDetails>(answer->body, UnknownKeys::Ignore);
}

Result<std::string> metrics_page(const control::InstanceDetails& details) {
  const spec::HttpOptions& http = details.http_options;
  const std::string host = http.host == "0.0.0.0" || http.host == "localhost" ? "127.0.0.1" : http.host;
  const net::Address door{fmt::format("{}:{}", host, http.port)};
  auto page = call_and_wait(door, "GET", http.root_path + "/-/metrics", "", std::chrono::seconds(10));
  if (page) return std::move(page->body);
  return fail(ErrorCode::Internal, fmt::format("no proxy shows metrics at {} (proxy_location {}): {}", door.text,
                                               details.proxy_location, page.error().message));
}

int report(const Error& error, const AdminTarget& target) {
  if (error.code == ErrorCode::Unavailable && error.status == 0)
    print_error_line(fmt::format(
        "error: no instance answers at {}:{} ({}{}); is it running? --admin-port or --address chooses another",
        target.host, target.port, error.message, target.hint.empty() ? "" : "; " + target.hint));
  else
    print_error_line("error: " + error.message);
  return 1;
}

}  // namespace manta::cli
