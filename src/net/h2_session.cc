#include "net/h2_session.h"

#include <nghttp2/nghttp2.h>

#include <cstring>
#include <utility>

namespace manta::net {
namespace {

constexpr int kRounds = 8;                     // of tell-and-write in one turn, before others on the loop have theirs
constexpr std::size_t kDirectRead = 16 << 10;  // a frame with so much left is read straight into its body
constexpr std::size_t kSpare = 64;             // bytes behind a body, so that JSON can be parsed where it is

}  // namespace

void H2Session::start(std::string_view received) {
  connected_ = true;
  last_read_ = write_progress_ = loop_.now();
  if (!received.empty()) receive(received.data(), received.size());
  read_more();
  kick();
}

void H2Session::start_on(Socket socket) {
  socket_ = std::move(socket);
  start();
}

void H2Session::start_when_connected() { socket_.wait_writable(shared_from_this()); }

void H2Session::on_read(std::size_t bytes) {
  read_pending_ = false;
  if (ended_) return;
  last_read_ = loop_.now();
  kicked_ = !in_turn_;  // a turn follows at once: nobody has to post one
  if (bytes == 0) {
    end("the peer closed the connection");
  } else {
    receive(direct_ ? direct_into_->data() + direct_into_->size() : room_->input.get(), bytes);
    read_more();
  }
  turn();
}

void H2Session::on_writable() {
  if (ended_) return;
  write_blocked_ = false;
  if (!connected_) {
    if (const int error = socket_.pending_error(); error != 0) {
      end(std::string("cannot connect: ") + std::strerror(error));
    } else {
      connected_ = true;
      last_read_ = write_progress_ = loop_.now();
      read_more();
    }
  }
  turn();
}

void H2Session::on_lost(int error) {
  if (ended_) return;
  end(std::string("the connection was lost: ") + std::strerror(error));
  turn();
}

void H2Session::receive(const char* data, std::size_t size) {
  const auto taken = nghttp2_session_mem_recv(nghttp2_, reinterpret_cast<const std::uint8_t*>(data), size);
  direct_.reset();
  if (taken < 0) end(std::string("protocol error: ") + nghttp2_strerror(static_cast<int>(taken)));
}

void H2Session::read_more() {
  if (ended_ || read_pending_) return;
  read_pending_ = true;
  socket_.read(read_target(), shared_from_this());
}

// Small frames go where those of all connections go; the rest of a big DATA frame goes straight to where it is wanted.
std::span<char> H2Session::read_target() {
  if (frame_left_ < kDirectRead || !reading_ || reading_->closed || reading_->discard || reading_->pieces)
    return {room_->input.get(), options_.most_read};
  direct_ = reading_;
  direct_into_ = direct_->taken ? &direct_->landing : &direct_->in.body;
  direct_size_ = frame_left_;
  const std::size_t size = direct_into_->size();
  const std::size_t announced = direct_->taken ? 0 : direct_->content_length.value_or(0);
  direct_into_->reserve(std::max(size + direct_size_, room_for_body(size, announced)) + kSpare);
  return {direct_into_->data() + direct_into_->size(), direct_size_};
}

void H2Session::deliver(H2Stream& stream, const char* data, std::size_t size) {
  if (direct_.get() != &stream || data != direct_into_->data() + direct_into_->size()) {
    if (stream.in.body.empty()) stream.in.body.reserve(size + kSpare);
    stream.in.body.append(data, size);
    return;
  }
  direct_into_->resize_and_overwrite(direct_into_->size() + size, [](char*, std::size_t whole) { return whole; });
  if (direct_into_ != &stream.landing) return;
  if (stream.in.body.empty() && stream.landed == 0)
    stream.in.body.swap(stream.landing);
  else
    stream.in.body.append(stream.landing, stream.landed);
  stream.landing.clear();
  stream.landed = 0;
}

std::string H2Session::take_body(H2Stream& stream) {
  stream.taken = true;
  if (direct_.get() != &stream || direct_into_ != &stream.in.body) return std::exchange(stream.in.body, {});
  std::string taken = stream.in.body;
  stream.landing = std::move(stream.in.body);
  stream.landed = stream.landing.size();
  stream.in.body.clear();
  direct_into_ = &stream.landing;
  return taken;
}

void H2Session::kick() {
  if (in_turn_ || kicked_) return;
  kicked_ = true;
  loop_.post([self = shared_from_this()] { self->turn(); });
}

void H2Session::turn() {
  if (in_turn_) return;
  in_turn_ = true;
  kicked_ = false;
  for (int round = 0; round < kRounds; ++round) {
    notify();
    flush();
    if (changed_.empty()) break;
  }
  in_turn_ = false;
  if (!changed_.empty()) return kick();
  const auto owner = owner_;
  if (!owner) return;
  if (!ended_) return owner->on_turn();
  owner_.reset();
  owner->on_end(end_reason_);
}

void H2Session::changed(H2Stream& stream) {
  if (stream.changed) return;
  stream.changed = true;
  changed_.emplace_back(&stream);
  kick();
}

void H2Session::notify() {
  if (changed_.empty()) return;
  telling_.swap(changed_);
  const auto owner = owner_;  // stays while it is told, though it may let go of this meanwhile
  for (const H2StreamRef& stream : telling_) {
    stream->changed = false;
    if (owner_) owner_->on_change(*stream);
    stream->tell();
  }
  telling_.clear();
}

void H2Session::open_stream(H2Stream& stream, std::int32_t id) {
  stream.id = id;
  stream.session = this;
  stream.open_index = open_.size();
  stream.pace.begin(last_read_);
  open_.push_back(&stream);
  intrusive_ptr_add_ref(&stream);
}

void H2Session::close_stream(H2Stream& stream, std::uint32_t code) {
  const H2StreamRef held(&stream, false);
  open_[stream.open_index] = open_.back();
  open_[stream.open_index]->open_index = stream.open_index;
  open_.pop_back();
  if (heading_ == &stream) heading_ = nullptr;
  if (reading_.get() == &stream) reading_.reset();
  queued_ -= stream.unsent().size();
  stream.sent += stream.unsent().size();
  stream.session = nullptr;
  stream.closed = true;
  if (stream.pieces)
    stream.pieces->fail({.code = ErrorCode::Cancelled, .message = "the request ended before its body was complete"});
  if (!options_.server && !stream.ended && !stream.failure) {
    stream.failure = code == NGHTTP2_REFUSED_STREAM ? CallFailure::NeverStarted : CallFailure::Reset;
    stream.reason = std::string("the peer reset the stream: ") + nghttp2_http2_strerror(code);
  }
  changed(stream);
}

void H2Session::fail_streams(std::string_view reason) {
  while (!open_.empty()) {
    H2Stream& stream = *open_.back();
    if (nghttp2_ != nullptr) nghttp2_session_set_stream_user_data(nghttp2_, stream.id, nullptr);
    if (!options_.server && !stream.ended) {
      stream.failure = stream.head_sent ? CallFailure::MaybeStarted : CallFailure::NeverStarted;
      stream.reason = reason;
    }
    close_stream(stream, NGHTTP2_INTERNAL_ERROR);
  }
}

void H2Session::end(std::string_view reason) {
  if (ended_) return;
  ended_ = true;
  end_reason_ = reason;
  if (batch_->empty()) socket_.shutdown_write();
  socket_.close();
  fail_streams(reason);
  kick();
}

void H2Session::close(std::string_view reason) {
  owner_.reset();
  end(reason);
}

}  // namespace manta::net
