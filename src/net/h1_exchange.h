#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "net/body_stream.h"
#include "net/exchange.h"

namespace manta::net {

class H1Connection;
struct ServerContext;

// The handler's side of one HTTP/1.1 request. Its connection has one at a time and may go before it. Dropped unanswered
// it answers 500, or cuts a started answer off.
class H1Exchange final : public Exchange, public std::enable_shared_from_this<H1Exchange> {
 public:
  using Callback = std::move_only_function<void()>;

  H1Exchange(H1Connection& connection, std::shared_ptr<ServerContext> context, std::uint64_t connection_id,
             Request request, std::shared_ptr<BodyStream> body = nullptr);
  ~H1Exchange() override;

  Request& request() override { return request_; }
  BodyStream* body_stream() override { return body_.get(); }
  std::uint64_t connection_id() const override { return connection_id_; }
  bool is_http2() const override { return false; }
  void respond(Response response) override;
  void start(int status, Headers headers) override;
  void write(std::string_view bytes) override;
  void finish(Headers trailers) override;
  void abort() override;
  std::size_t queued() const override;
  bool closed() const override { return connection_ == nullptr && state_ != State::Complete; }
  void when_drained(std::size_t low_water, Callback callback) override;
  void when_closed(Callback callback) override;

  // From the connection. lose(): the peer is gone, callbacks follow on the loop. tell(): calls those that are due.
  void lose();
  void tell();
  bool wants_drained() const { return on_drained_ && queued() < low_water_; }
  bool started() const { return state_ == State::Started; }

 private:
  enum class State { Open, Started, Complete };
  void complete();
  void tell_soon();

  H1Connection* connection_;  // null once the answer is through or the peer gone
  std::shared_ptr<ServerContext> context_;
  std::uint64_t connection_id_;
  Request request_;
  std::shared_ptr<BodyStream> body_;  // null: it is in the request
  State state_ = State::Open;
  std::size_t low_water_ = 0;
  Callback on_drained_;
  Callback on_closed_;
};

}  // namespace manta::net
