// Bodies that come while their request is being answered.

#include <limits>
#include <utility>

#include "net/h1_connection.h"

namespace manta::net {
namespace {

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max() / 2;
constexpr std::size_t kStreamAhead = 64 << 10;  // of a body, not yet taken

}  // namespace

Error H1Connection::body_cut_short() {
  return {.code = ErrorCode::Cancelled, .message = "the request ended before its body was complete"};
}

void H1Connection::dispatch_at_head() {
  if (head_.expect_continue && input_.empty()) batch_.copy(kContinue);
  stream_ = std::make_shared<BodyStream>(context_->loop, context_->budget, [this](std::size_t) { kick(); });
  stream_left_ = head_.content_length;
  dispatch();
}

// Takes what has come of the body, or its end. Bytes that are no body end it, and the connection after the answer.
bool H1Connection::parse_stream() {
  if (holds_stream() || input_.empty()) return false;
  H1Parser::Parsed parsed;
  std::string piece;
  if (head_.chunked) {
    parsed = parser_.parse_chunks(input_.view(), piece, kNoLimit);
  } else {
    piece = input_.view().substr(0, stream_left_);
    stream_left_ -= piece.size();
    parsed.consumed = piece.size();
    parsed.complete = stream_left_ == 0;
  }
  input_.consume(parsed.consumed);
  stream_->add(piece);
  if (parsed.refusal)
    stream_->fail({.code = ErrorCode::InvalidArgument,
                   .message = std::string(parsed.refusal.message),
                   .status = parsed.refusal.status});
  if (parsed.complete) {
    std::exchange(stream_, nullptr)->finish();
  } else if (stream_->ended()) {
    leave_stream();
  }
  return false;
}

// Whether parsing pauses: the reader of the body, or of the answers, is too far behind.
bool H1Connection::holds_stream() const {
  return stream_->waiting() >= kStreamAhead || batch_.bytes() > context_->options.max_write_queue;
}

void H1Connection::watch_stream() {
  if (!std::exchange(watched_, true)) socket_.wait_lost(shared_from_this());
}

// The rest of the body is not wanted: it is dropped, and the connection ends after the answer.
void H1Connection::leave_stream() {
  std::exchange(stream_, nullptr)->fail(body_cut_short());
  refused_ = true;
  keep_alive_ = false;
  input_.discard();
}

}  // namespace manta::net
