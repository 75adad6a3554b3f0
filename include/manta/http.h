#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/error.h>
#include <manta/task.h>

namespace manta {

namespace detail {
class ItemSink;
}

// In order, names in lower case.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The request as it came. A method with this as its parameter gets the whole body, unparsed.
struct HttpRequest {
  std::string method;        // "GET"
  std::string path;          // "/items/7", decoded; with the application's prefix
  std::string query_string;  // "a=1&b=2", still encoded
  HttpHeaders headers;
  std::string body;
  std::map<std::string, std::string> path_parameters;  // {"id": "7"} for the route "/items/{id}"

  // The first of that name; any case.
  std::optional<std::string_view> header(std::string_view name) const;
  // The first of that name, decoded.
  std::optional<std::string> query(std::string_view name) const;
};
BOOST_DESCRIBE_STRUCT(HttpRequest, (), (method, path, query_string, headers, body, path_parameters))

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;
  std::string body;

  // With a content-type of application/json or text/plain.
  static HttpResponse json(std::string body, int status = 200);
  static HttpResponse text(std::string body, int status = 200);
};
BOOST_DESCRIBE_STRUCT(HttpResponse, (), (status, headers, body))

namespace detail {

// Whether the request may be sent twice: a GET, HEAD or OPTIONS.
inline bool is_safe_verb(const HttpRequest& request) {
  return request.method == "GET" || request.method == "HEAD" || request.method == "OPTIONS";
}

}  // namespace detail

// Answers the request with this status and a JSON error body; thrown by any method.
class HttpError : public Exception {
 public:
  HttpError(int status, std::string message, std::string detail = {});
};

// Last parameter of a raw HTTP method that streams its answer. Lives as long as the call. Every function throws
// Exception(Cancelled) when the client has gone.
class HttpWriter {
 public:
  explicit HttpWriter(detail::ItemSink& sink) : sink_(&sink) {}

  // Status and headers; once, before the first write.
  Task<void> start(int status, HttpHeaders headers);
  // Sends the bytes as they are; resumes when there is room for more.
  Task<void> write(std::string bytes);
  // The same without waiting. False: there is no room now, for which write() waits, and nothing has been sent.
  bool try_write(std::string_view bytes);

  // The same for plain methods.
  void start_blocking(int status, HttpHeaders headers);
  void write_blocking(std::string bytes);

 private:
  detail::ItemSink* sink_;
};

}  // namespace manta
