#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <manta/batching_config.h>
#include <manta/detail/outcome.h>
#include <manta/error.h>
#include <manta/task.h>

#include "net/message.h"
#include "spec/application_graph.h"

namespace manta::replica {

using Format = detail::Format;
using Reply = detail::Outcome;

// Where a streamed answer goes. Exactly one of the kinds below is in use per call; the host turns it into SSE, JSON
// lines or length-prefixed MessagePack.
class ItemSink {
 public:
  virtual ~ItemSink() = default;
  // One encoded item. Resumes when there is room for more; fails with Cancelled when nobody listens any more.
  virtual Task<Result<void>> write(std::string item) = 0;
  // The same if nothing has to be waited for. False: the item has not been taken.
  virtual Result<bool> try_write(std::string_view) { return false; }
  // The same for a compute thread: blocks.
  virtual Result<void> write_blocking(std::string item) = 0;
  // Raw HTTP answers only: status and headers, before the first write.
  virtual void start(int status, net::Headers headers) = 0;
};

// The stream that a method takes. Loop-confined; dropping it tells the sender that nobody reads on.
class ItemInput {
 public:
  virtual ~ItemInput() = default;
  // The next encoded item; nullopt at a good end. One at a time. Taking items lets the sender send more.
  virtual Task<Result<std::optional<std::string>>> next() = 0;
};

// A call as the user's object sees it.
struct Invocation {
  const spec::MethodSpec* method = nullptr;  // one of Servable::methods()
  Format request_format = Format::Json;
  Format reply_format = Format::Json;
  std::string body;  // encoded arguments
  // Set for methods that take the HTTP request as it came, and where the query stands for the body.
  std::shared_ptr<net::Request> http;
  ItemSink* items = nullptr;         // set for streaming methods; outlives the call
  std::shared_ptr<ItemInput> input;  // set for methods that take a stream; its items are in request_format
  std::unique_ptr<detail::HeldValue> values = nullptr;  // of a caller in this process: the arguments, no body
  bool holds_result = false;                            // and it takes the result as it is
};

// Where a method runs, and how many calls of it at once.
struct MethodTerms {
  enum class Runs {
    Coroutine,  // on the strand, by call()
    Inline,     // on the strand, by call_blocking()
    Pool,       // on the compute threads
    Dedicated,  // on threads of its own
    Aside,      // on the threads of the framework's own calls, without a place of max_ongoing_requests
  };
  Runs runs = Runs::Pool;
  int max_concurrent = 0;  // 0: as many as are admitted
};

enum class StatsKind { Autoscaling, Routing };

// The user's object behind its method table, or a fake. Made by the host on a compute thread (constructors may block).
class Servable {
 public:
  virtual ~Servable() = default;
  virtual const std::vector<spec::MethodSpec>& methods() const = 0;
  // True: call() is run on the strand and suspends; false: call_blocking() is run on a compute thread.
  virtual bool is_coroutine(std::string_view method) const = 0;
  // What `invocation` holds is taken; it outlives the task. What the user throws is thrown by the task, or at once.
  virtual Task<Result<Reply>> call(Invocation& invocation) = 0;
  virtual Result<Reply> call_blocking(Invocation& invocation) = 0;
  virtual MethodTerms terms(const spec::MethodSpec& method) const {
    return {.runs = is_coroutine(method.name) ? MethodTerms::Runs::Coroutine : MethodTerms::Runs::Pool};
  }
  // On a thread of the framework. An error or exception of the user becomes Unavailable with its text.
  virtual Result<void> check_health() = 0;
  // On a compute thread.
  virtual Result<void> reconfigure(const std::string& user_config_json) = 0;

  // The rest on the loop; what blocks goes to other threads. Before the first health check, and after the last call:
  virtual Task<Result<void>> on_start() { co_return Result<void>(); }
  virtual Task<Result<void>> on_stop() { co_return Result<void>(); }
  // Whether the object has the function, and what it returns. While an earlier call is still running that nobody waits
  // for any more, another one fails.
  virtual bool records(StatsKind) const { return false; }
  virtual Task<Result<std::map<std::string, double>>> record_stats(StatsKind) {
    co_return std::map<std::string, double>();
  }

  // Its batchers, on the strand. The first says why it cannot have these parameters; the second takes them over.
  virtual Result<void> check_batching(const std::map<std::string, BatchingConfig>&) const { return {}; }
  virtual void configure_batching(const std::map<std::string, BatchingConfig>&) {}
  // Requests that must run at once so that its batches can fill; 0: no matter.
  virtual int batch_concurrency() const { return 0; }
  // How many batches were closed for which reason, since it was made.
  virtual std::map<std::string, std::uint64_t> closed_batches() const { return {}; }
  virtual void begin_stop() {}  // no more calls will come
};

// Null: it has no such method. Valid as long as the servable.
inline const spec::MethodSpec* find_method(const Servable& servable, std::string_view name) {
  for (const spec::MethodSpec& method : servable.methods())
    if (method.name == name) return &method;
  return nullptr;
}

}  // namespace manta::replica
