#include "net/body_stream.h"

#include <utility>

namespace manta::net {

BodyStream::BodyStream(Loop& loop, ReceiveBudget& budget, std::function<void(std::size_t)> on_taken)
    : loop_(loop), budget_(budget), on_taken_(std::move(on_taken)) {}

BodyStream::~BodyStream() { budget_.give(bytes_.size() + in_use_); }

std::string BodyStream::take() {
  std::string taken = std::exchange(bytes_, {});
  in_use_ += taken.size();
  if (on_taken_ && !taken.empty()) on_taken_(taken.size());
  return taken;
}

void BodyStream::done_with(std::size_t bytes) {
  in_use_ -= bytes;
  budget_.give(bytes);
}

void BodyStream::when_more(std::move_only_function<void()> callback) {
  on_more_ = std::move(callback);
  if (on_more_ && (ended_ || !bytes_.empty())) tell();
}

void BodyStream::add(std::string_view bytes) {
  if (ended_ || bytes.empty()) return;
  if (!budget_.take(bytes.size()))
    return fail({.code = ErrorCode::Overloaded, .message = "too many request bodies are under way"});
  bytes_ += bytes;
  tell();
}

void BodyStream::finish() {
  if (!ended_) end();
}

void BodyStream::fail(Error why) {
  if (ended_) return;
  failure_ = std::move(why);
  end();
}

void BodyStream::end() {
  ended_ = true;
  on_taken_ = nullptr;
  tell();
}

void BodyStream::tell() {
  if (!on_more_) return;
  loop_.post([weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self && self->on_more_) std::exchange(self->on_more_, nullptr)();
  });
}

}  // namespace manta::net
