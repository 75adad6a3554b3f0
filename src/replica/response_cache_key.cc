#include "replica/response_cache_key.h"

#include <algorithm>
#include <cctype>
#include <string_view>

#include "net/wire.h"
#include "replica/request_decode.h"

namespace manta::replica {
namespace {

// Length first: no two lists of parts make the same text.
void add_part(std::string& key, std::string_view part) {
  key.append(std::to_string(part.size())).append(":").append(part);
}

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return made;
}

// Calls visit(name) for each directive of every cache-control field, in lower case, without its value.
template <class F>
void each_directive(const net::Headers& headers, F visit) {
  for (const auto [name, value] : headers) {
    if (name != "cache-control") continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      std::string_view one = rest.substr(0, comma);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      one.remove_prefix(std::min(one.find_first_not_of(" \t"), one.size()));
      visit(lower(one.substr(0, one.find_first_of(" \t="))));
    }
  }
}

}  // namespace

std::string cache_key(const net::Request& request, const spec::MethodSpec& method) {
  std::string key;
  key.reserve(request.body.size() + method.name.size() + 64);
  add_part(key, method.name);
  key.push_back(request_format(request) == Format::Json ? 'j' : 'm');
  key.push_back(reply_format(request, request_format(request)) == Format::Json ? 'j' : 'm');
  add_part(key, request.headers.get(net::wire::kModelId).value_or(""));
  add_part(key, request.headers.get(net::wire::kTenant).value_or(""));
  const auto question = request.target.find('?');
  const bool in_the_query = request.body.empty() && question != std::string::npos;
  add_part(key, in_the_query ? std::string_view(request.target).substr(question) : std::string_view());
  add_part(key, request.body);
  return key;
}

CacheControl cache_control(const net::Headers& headers) {
  CacheControl control;
  each_directive(headers, [&](const std::string& directive) {
    if (directive == "no-cache") control.no_cache = true;
    if (directive == "no-store") control.no_store = true;
  });
  return control;
}

bool may_be_kept(const net::Response& response) {
  if (response.status < 200 || response.status >= 300) return false;
  if (response.headers.has(net::wire::kError) || response.headers.has("set-cookie")) return false;
  bool kept = true;
  each_directive(response.headers, [&](const std::string& directive) {
    if (directive == "no-store" || directive == "no-cache" || directive == "private") kept = false;
  });
  return kept;
}

}  // namespace manta::replica
