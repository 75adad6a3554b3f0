#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include <manta/batching_config.h>
#include <manta/detail/request_context.h>

#include "base/loop.h"
#include "base/metrics.h"
#include "net/exchange.h"
#include "replica/replica_metrics.h"
#include "spec/application_graph.h"

namespace manta::replica {

// Where requests whose answers may be shared are received, before admission: an answer that is kept, or one that is
// being made, needs no place. It lives in the replica and not in its callers, because the replica alone knows when its
// answers stop being true (a new user_config; a new version is a new process), because all proxies and handles share
// it, and because a request that joins a run costs its caller one hop and the replica nothing. The price: every replica
// keeps its own answers (route by consistent hash where that matters). Loop-confined.
class ResponseCacheFront {
 public:
  // `figures` and `metrics` outlive every request.
  ResponseCacheFront(Loop& loop, Metrics& metrics, Labels labels, ReplicaMetrics& figures);
  ~ResponseCacheFront();

  // None: nothing is shared. What is kept stays as far as the new limits let it.
  void configure(std::optional<ResponseCacheConfig> config);
  // What was made before holds no longer: kept answers go, and runs under way are neither joined nor kept.
  void clear();

  struct Query {
    std::string key;
    bool fresh = false;   // the client asks for an answer of its own (no-cache)
    bool shared = true;   // it may be joined, and join
    std::size_t era = 0;  // of the cache when it came
  };
  // None: its answers are not shared, the client forbids it (no-store), or its body alone exceeds max_bytes.
  std::optional<Query> ask(const net::Request& request, const spec::MethodSpec& method) const;
  // Gives the kept answer (`queue`: the value of x-manta-queue) or joins a run. False: it has to run; nothing was done.
  bool answer(const Query& query, const net::ExchangePtr& exchange, const std::shared_ptr<RequestContext>& context,
              int queue);
  // It runs now, with what this returns as its exchange; its context loses its deadline, which is kept here.
  net::ExchangePtr lead(Query query, net::ExchangePtr exchange, const std::shared_ptr<RequestContext>& context);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace manta::replica
