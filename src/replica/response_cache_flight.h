#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <manta/detail/request_context.h>

#include "base/loop.h"
#include "net/exchange.h"

namespace manta::replica {

// One run whose answer several requests wait for. To the run it is its exchange; the requests are the waiters, each
// with its own deadline, and each may go away. When the last one has gone, the exchange is closed, which stops the run.
// Shared by the run and by what lists it; loop-confined.
class ResponseCacheFlight final : public net::Exchange, public std::enable_shared_from_this<ResponseCacheFlight> {
 public:
  struct Events {
    std::function<void(const net::Response&)> ended;            // there is an answer; before waiters get it
    std::function<void()> empty;                                // the last waiter went
    std::function<void(const RequestContext&)> too_late;        // the time of one waiter ran out
    std::function<void(const RequestContext&, double)> joined;  // one that joined was answered, after so many ms
  };

  // Takes the request, with its body, from the first waiter's exchange.
  ResponseCacheFlight(Loop& loop, net::Exchange& first, Events events);
  ~ResponseCacheFlight() override;

  // The first waiter, then those that join it. The deadline of `context` is the waiter's: the run's own context has
  // none.
  void wait(net::ExchangePtr exchange, std::shared_ptr<const RequestContext> context);

  net::Request& request() override { return request_; }
  std::uint64_t connection_id() const override { return connection_; }
  bool is_http2() const override { return http2_; }
  void respond(net::Response response) override;
  bool closed() const override { return closed_; }
  void when_closed(std::move_only_function<void()> callback) override { when_closed_ = std::move(callback); }

  // Only for streams, which are not shared.
  void start(int status, net::Headers headers) override;
  void write(std::string_view bytes) override;
  void finish(net::Headers trailers) override;
  void abort() override;
  std::size_t queued() const override { return 0; }
  void when_drained(std::size_t, std::move_only_function<void()>) override {}

 private:
  struct Waiter {
    std::uint64_t id;
    net::ExchangePtr exchange;
    std::shared_ptr<const RequestContext> context;
    TimePoint since;
    TimerId timer = 0;
    bool first = false;
  };
  void leave(std::uint64_t id);
  void time_is_up(std::uint64_t id);

  Loop& loop_;
  Events events_;
  net::Request request_;
  const std::uint64_t connection_;
  const bool http2_;
  std::vector<Waiter> waiters_;
  std::uint64_t next_id_ = 1;
  std::move_only_function<void()> when_closed_;
  bool closed_ = false;  // or answered
};

}  // namespace manta::replica
