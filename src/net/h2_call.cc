#include "net/h2_call.h"

#include <utility>

namespace manta::net {
namespace {

constexpr std::uint32_t kCancel = 8;

}  // namespace

H2Call::~H2Call() {
  stream_->watched = false;
  stream_->on_update = nullptr;
  stream_->discard = true;
  if (stream_->session != nullptr) stream_->session->reset(*stream_, kCancel);
}

std::string H2Call::take() {
  if (stream_->session == nullptr) return std::exchange(stream_->in.body, {});
  std::string taken = stream_->session->take_body(*stream_);
  if (!stream_->ended && stream_->unconsumed != 0)
    stream_->session->consumed(*stream_, std::exchange(stream_->unconsumed, 0));
  return taken;
}

}  // namespace manta::net
