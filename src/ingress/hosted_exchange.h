#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include <manta/detail/request_context.h>

#include "base/loop.h"
#include "ingress/event_boundary.h"
#include "ingress/request_record.h"
#include "net/exchange.h"

namespace manta::ingress {

// One request of a client to a deployment in this proxy.
struct HostedRequest {
  net::ExchangePtr client;
  net::Request request;  // as a replica would get it, without its context
  std::shared_ptr<RequestContext> context;
  RequestRecord record;
  bool error_as_json = false;
  bool outlives_client = false;  // goes on when the client has gone
};

// A client's request as a deployment in the proxy's process sees it: what would be two hops, without the one between.
// The deployment answers as a replica does; the client gets what forward() would give it: public headers, errors in its
// own form, a stream that breaks off ended or cut. Nothing is copied on the way but an answer that is written in pieces
// and complete within one turn of the loop: that is sent whole, with its length. Loop-confined.
class HostedExchange final : public net::Exchange, public std::enable_shared_from_this<HostedExchange> {
 public:
  using Callback = std::move_only_function<void()>;

  HostedExchange(Loop& loop, HostedRequest&& request);
  ~HostedExchange() override;  // unanswered: the client gets an error, if it is still there

  // It reaches no deployment.
  void fail(const Error& error);
  const std::shared_ptr<RequestContext>& context() const { return its_.context; }

  net::Request& request() override { return its_.request; }
  std::uint64_t connection_id() const override { return 0; }  // of all that come from this proxy
  bool is_http2() const override { return its_.client->is_http2(); }
  void respond(net::Response response) override;
  void start(int status, net::Headers headers) override;
  void write(std::string_view bytes) override;
  void finish(net::Headers trailers) override;
  void abort() override;
  std::size_t queued() const override;
  bool closed() const override { return !its_.outlives_client && its_.client->closed(); }
  void when_drained(std::size_t low_water, Callback callback) override;
  void when_closed(Callback callback) override;

 private:
  enum class State { Open, Started, Complete };
  void end_whole(net::Response answer);
  void send_held();
  void client_took_it();
  Error cut_short() const;

  Loop& loop_;
  HostedRequest its_;
  State state_ = State::Open;
  std::optional<net::Response> held_;  // what has been written so far in this turn of the loop, and is no event
  bool events_ = false;
  int status_ = 0;
  EventBoundary boundary_;
  Callback on_drained_;  // of a request that outlives its client
};

}  // namespace manta::ingress
