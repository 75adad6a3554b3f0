#include "api/local_http.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include "api/path_parameters.h"
#include "replica/error_response.h"

namespace manta::api {
namespace {

const spec::MethodSpec* find_method(const spec::ApplicationGraph& graph, std::string_view name) {
  const auto& node = *std::ranges::find(graph.nodes, graph.ingress, &spec::NodeSpec::name);
  const auto found = std::ranges::find(node.methods, name, &spec::MethodSpec::name);
  return found == node.methods.end() ? nullptr : &*found;
}

bool is_exact(const spec::RouteSpec& route) { return !route.path.contains('{') && !route.path.ends_with("/*"); }

bool answers(const spec::RouteSpec& route, std::string_view verb) { return route.verb == "*" || route.verb == verb; }

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return made;
}

net::Headers to_net(const HttpHeaders& headers) {
  net::Headers made;
  for (const auto& [name, value] : headers) made.add(lower(name), value);
  return made;
}

bool is_internal(std::string_view header) { return header.starts_with("x-manta-"); }

}  // namespace

HttpResponse to_http(net::Response response) {
  HttpResponse made{.status = response.status, .body = std::move(response.body)};
  for (const auto [name, value] : response.headers)
    if (!is_internal(name)) made.headers.emplace_back(name, value);
  return made;
}

Result<const spec::MethodSpec*> route_local(const spec::ApplicationGraph& graph, std::string_view verb,
                                            std::string_view path) {
  bool path_known = false;
  for (const bool exact : {true, false}) {
    for (const spec::RouteSpec& route : graph.routes) {
      if (is_exact(route) != exact || !path_parameters(route.path, path, false)) continue;
      if (answers(route, verb)) return find_method(graph, route.method);
      path_known = true;
    }
  }
  const spec::MethodSpec* named = path == "/" ? find_method(graph, "call") : find_method(graph, path.substr(1));
  if (named && (verb == "POST" || (path == "/" && verb == "GET"))) return named;
  if (path_known || named)
    return std::unexpected(Error{.code = ErrorCode::InvalidArgument,
                                 .message = std::string(path) + " does not answer " + std::string(verb),
                                 .status = 405});
  return fail(ErrorCode::NotFound, "nothing answers " + std::string(path) + " in application '" + graph.name + "'");
}

replica::Invocation local_invocation(const spec::MethodSpec& method, std::string_view verb, std::string_view target,
                                     std::string body, const HttpHeaders& headers) {
  replica::Invocation invocation;
  if (method.raw_http || (body.empty() && target.contains('?'))) {
    invocation.http = std::make_shared<net::Request>();
    invocation.http->method = verb;
    invocation.http->target = target;
    invocation.http->headers = to_net(headers);
  }
  (method.raw_http ? invocation.http->body : invocation.body) = std::move(body);
  return invocation;
}

HttpResponse local_response(Result<replica::Reply> reply, const std::string& request_id) {
  if (!reply) return to_http(replica::error_response(reply.error(), request_id));
  if (reply->http) {
    std::erase_if(reply->http->headers, [](const auto& header) { return is_internal(header.first); });
    return std::move(*reply->http);
  }
  return HttpResponse::json(std::move(reply->body));
}

}  // namespace manta::api
