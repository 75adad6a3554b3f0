#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <manta/error.h>
#include <manta/http.h>
#include <manta/task.h>

namespace manta::detail {

enum class Format { Json, MsgPack };

// Where a streamed answer goes: items of a typed stream, or the bytes of a raw HTTP answer. Outlives the call.
class ItemSink {
 public:
  virtual ~ItemSink() = default;
  virtual Task<Result<void>> write(std::string item) = 0;
  virtual Result<void> write_blocking(std::string item) = 0;
  virtual void start(int status, HttpHeaders headers) = 0;  // raw HTTP answers only
};

// A call as it reached the deployment.
struct IncomingCall {
  Format request_format = Format::MsgPack;
  Format reply_format = Format::MsgPack;
  std::string body;                   // encoded arguments
  std::string query_string;           // of a GET: arguments when the body is empty
  std::shared_ptr<HttpRequest> http;  // raw methods
  ItemSink* items = nullptr;          // methods that stream
};

struct Outcome {
  std::string body;                    // encoded in reply_format; empty for streams
  std::shared_ptr<HttpResponse> http;  // raw methods that answer whole
};

struct RouteEntry {
  std::string verb, path;
};

// One method behind which the user's class is hidden.
struct MethodEntry {
  std::string name;
  bool idempotent = false;
  bool streams = false;
  bool raw_http = false;
  std::vector<RouteEntry> routes;
  std::function<std::string()> request_schema, response_schema;
  // Exactly one is set. Exceptions of the user pass through.
  std::function<Result<Outcome>(void* object, IncomingCall call)> run;
  std::function<Task<Result<Outcome>>(void* object, IncomingCall call)> start;
};

// What the runtime knows of a deployment class. The optional members are empty when the class has none.
struct ClassTable {
  std::string class_name;
  std::vector<MethodEntry> methods;
  std::function<void(void* object)> check_health;
  std::function<Result<void>(void* object, const std::string& json)> reconfigure;
  std::function<std::string(void* object)> model_version;
};

}  // namespace manta::detail
