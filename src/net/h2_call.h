#pragma once

#include "base/pooled.h"
#include "net/channel.h"
#include "net/h2_session.h"

namespace manta::net {

// The caller's side of one HTTP/2 stream. Dropped before the end it cancels.
class H2Call final : public ClientCall, public Pooled {
 public:
  explicit H2Call(H2StreamRef stream) : stream_(std::move(stream)) { stream_->watched = true; }
  ~H2Call() override;

  bool has_head() const override { return stream_->head_done; }
  int status() const override { return stream_->status; }
  Headers& headers() override { return stream_->in.headers; }
  std::string& body() override { return stream_->in.body; }
  std::string take() override;
  bool ended() const override { return stream_->ended; }
  const Headers& trailers() const override { return stream_->trailers; }
  std::optional<CallFailure> failure() const override { return stream_->failure; }
  std::string_view failure_reason() const override { return stream_->reason; }

 private:
  H2StreamRef stream_;
};

}  // namespace manta::net
