#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <manta/detail/caller.h>
#include <manta/detail/held_value.h>
#include <manta/detail/outcome.h>
#include <manta/error.h>
#include <manta/http.h>
#include <manta/task.h>

namespace manta::detail {

// Where a streamed answer goes: items of a typed stream, or the bytes of a raw HTTP answer. Outlives the call.
class ItemSink {
 public:
  virtual ~ItemSink() = default;
  virtual Task<Result<void>> write(std::string item) = 0;
  virtual Result<void> write_blocking(std::string item) = 0;
  virtual void start(int status, HttpHeaders headers) = 0;  // raw HTTP answers only
  // What write() does, if nothing has to be waited for. False: the item has not been taken.
  virtual Result<bool> try_write(std::string_view) { return false; }
};

// A call as it reached the deployment.
struct IncomingCall {
  Format request_format = Format::MsgPack;
  Format reply_format = Format::MsgPack;
  std::string body;                             // encoded arguments
  std::string query_string;                     // of a GET: arguments when the body is empty
  std::shared_ptr<HttpRequest> http;            // raw methods called over HTTP
  ItemSink* items = nullptr;                    // methods that stream
  PendingStream input;                          // methods that take a stream: its items in request_format
  std::unique_ptr<HeldValue> values = nullptr;  // from a caller in this process: the tuple of arguments, no body
  bool holds_result = false;                    // it takes the result as it is
};

// Where a method runs. Default: a coroutine on the strand, a plain method on the compute threads.
enum class Where { Default, Strand, Pool, Dedicated };

struct RouteEntry {
  std::string verb, path;
};

// One method behind which the user's class is hidden.
struct MethodEntry {
  std::string name;
  bool idempotent = false;
  bool streams = false;
  bool takes_stream = false;
  bool takes_values = false;  // has parameters besides streams
  bool raw_http = false;
  Where where = Where::Default;
  int max_concurrent = 0;  // calls that run at once in a replica; 0 = as many as it admits
  std::vector<RouteEntry> routes;
  std::function<std::string()> request_schema, response_schema;
  // Exactly one is set. What `call` holds is taken; it may go when they return, but for its `items`. Exceptions of the
  // user pass through.
  std::function<Result<Outcome>(void* object, IncomingCall& call)> run;
  std::function<Task<Result<Outcome>>(void* object, IncomingCall& call)> start;
};

// A member function that a class may have: plain or a coroutine. Both are empty when it has none.
template <class R>
struct OptionalMember {
  std::function<R(void* object)> run;
  std::function<Task<R>(void* object)> start;
  explicit operator bool() const { return run || start; }
};

using Stats = std::map<std::string, double>;

// What the runtime knows of a deployment class. The optional members are empty when the class has none.
struct ClassTable {
  std::string class_name;
  std::vector<MethodEntry> methods;
  std::function<void(void* object)> check_health;
  std::function<Result<void>(void* object, const std::string& json)> reconfigure;
  std::function<std::string(void* object)> model_version;
  OptionalMember<void> on_start, on_stop;
  OptionalMember<Stats> record_autoscaling_stats, record_routing_stats;
  bool may_run_in_proxy = false;  // keeps nothing between requests and never blocks: a proxy may run it on its loop
};

}  // namespace manta::detail
