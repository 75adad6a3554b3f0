#pragma once

#include <utility>

#include "net/exchange.h"

namespace manta::net {

// An exchange without a connection: takes every answer and says nothing of itself. A test overrides what it looks at.
class QuietExchange : public Exchange {
 public:
  Request& request() override { return request_; }
  std::uint64_t connection_id() const override { return 1; }
  bool is_http2() const override { return false; }
  void respond(Response) override {}
  void start(int, Headers) override {}
  void write(std::string_view) override {}
  void finish(Headers) override {}
  void abort() override {}
  std::size_t queued() const override { return 0; }
  bool closed() const override { return false; }
  void when_drained(std::size_t, std::move_only_function<void()>) override {}
  void when_closed(std::move_only_function<void()>) override {}

 protected:
  Request request_;
};

}  // namespace manta::net
