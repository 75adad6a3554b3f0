#pragma once

#include <memory>

#include "net/exchange.h"
#include "net/h2_session.h"
#include "net/server_connection.h"

namespace manta::net {

// The handler's side of one HTTP/2 request. Dropped unanswered it answers 500, or resets a started answer.
class H2Exchange final : public Exchange {
 public:
  H2Exchange(std::shared_ptr<ServerContext> context, H2StreamRef stream, std::uint64_t connection_id);
  ~H2Exchange() override;

  Request& request() override { return stream_->in; }
  BodyStream* body_stream() override { return stream_->pieces.get(); }
  std::uint64_t connection_id() const override { return connection_id_; }
  bool is_http2() const override { return true; }
  void respond(Response response) override;
  void start(int status, Headers headers) override;
  void write(std::string_view bytes) override;
  void finish(Headers trailers) override;
  void abort() override;
  std::size_t queued() const override { return stream_->unsent().size(); }
  bool closed() const override { return stream_->closed; }
  void when_drained(std::size_t low_water, std::move_only_function<void()> callback) override;
  void when_closed(std::move_only_function<void()> callback) override;

 private:
  enum class State { Open, Started, Complete };
  void complete();
  bool writable() const { return state_ == State::Started && !stream_->closed; }

  std::shared_ptr<ServerContext> context_;
  H2StreamRef stream_;
  std::uint64_t connection_id_;
  State state_ = State::Open;
};

}  // namespace manta::net
