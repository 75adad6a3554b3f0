#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

namespace manta {

namespace api {
struct ReplicaScope;
}

// What travels with a request through the whole graph: set by the public door or by a replica from the headers of the
// call it received, copied by handles into the calls made on its behalf. Shared by everything in flight for the
// request. All but `cancelled` is written before the request starts and only read afterwards.
struct RequestContext {
  using TimePoint = std::chrono::steady_clock::time_point;

  std::string request_id;
  TimePoint deadline = TimePoint::max();  // absolute, in this process
  std::string session_id;
  std::string traceparent;
  std::string multiplexed_model_id;
  int priority = 0;    // of waiting requests the higher goes first
  std::string tenant;  // waiting requests of different tenants take turns; empty: none named
  std::string route;
  std::string application;
  const api::ReplicaScope* replica = nullptr;  // that works for it, where several share a thread
  std::atomic<bool> cancelled = false;         // set once by the strand, read from any thread
};

namespace detail {

// The request on whose behalf this thread runs right now; null outside a request. The framework sets it around every
// call into user code and every resumption of a user's coroutine.
const std::shared_ptr<RequestContext>& current_request();

class ScopedRequest {
 public:
  explicit ScopedRequest(std::shared_ptr<RequestContext> request);
  ~ScopedRequest();
  ScopedRequest(const ScopedRequest&) = delete;
  ScopedRequest& operator=(const ScopedRequest&) = delete;

 private:
  std::shared_ptr<RequestContext> previous_;
};

}  // namespace detail

// True once the caller of the current request has gone away or its deadline has passed: stop, nobody waits.
bool cancelled();

}  // namespace manta
