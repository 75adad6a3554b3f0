#pragma once

#include <memory>
#include <string>
#include <vector>

#include <manta/error.h>
#include <manta/task.h>

#include "net/message.h"
#include "spec/application_graph.h"

namespace manta::replica {

enum class Format { Json, MsgPack };

// Where a streamed answer goes. Exactly one of the kinds below is in use per call; the host turns it into SSE, JSON
// lines or length-prefixed MessagePack.
class ItemSink {
 public:
  virtual ~ItemSink() = default;
  // One encoded item. Resumes when there is room for more; fails with Cancelled when nobody listens any more.
  virtual Task<Result<void>> write(std::string item) = 0;
  // The same for a compute thread: blocks.
  virtual Result<void> write_blocking(std::string item) = 0;
  // Raw HTTP answers only: status and headers, before the first write.
  virtual void start(int status, net::Headers headers) = 0;
};

// A call as the user's object sees it.
struct Invocation {
  std::string method;
  Format request_format = Format::Json;
  Format reply_format = Format::Json;
  std::string body;  // encoded arguments
  // Set for methods that take the HTTP request as it came, and where the query stands for the body.
  std::shared_ptr<net::Request> http;
  ItemSink* items = nullptr;  // set for streaming methods; outlives the call
};

struct Reply {
  std::string body;                     // encoded result; empty for streams
  std::shared_ptr<net::Response> http;  // set when the method answered with an HTTP response of its own
};

// The user's object behind its method table, or a fake. Made by the host on a compute thread (constructors may block).
class Servable {
 public:
  virtual ~Servable() = default;
  virtual const std::vector<spec::MethodSpec>& methods() const = 0;
  // True: call() is run on the strand and suspends; false: call_blocking() is run on a compute thread.
  virtual bool is_coroutine(std::string_view method) const = 0;
  virtual Task<Result<Reply>> call(Invocation invocation) = 0;
  virtual Result<Reply> call_blocking(Invocation invocation) = 0;
  // On a compute thread. An error or exception of the user becomes Unavailable with its text.
  virtual Result<void> check_health() = 0;
  virtual Result<void> reconfigure(const std::string& user_config_json) = 0;
};

}  // namespace manta::replica
