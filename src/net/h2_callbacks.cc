// What nghttp2 calls while it parses and serialises. Nothing here enters nghttp2 again except to submit, and nothing
// calls the user: streams that changed are told about at the end of the turn.

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "net/h2_session.h"

namespace manta::net {
namespace {

constexpr std::size_t kReference = 8 << 10;  // from this size on a body is written by reference
constexpr std::size_t kFieldOverhead = 32;   // of each field, as SETTINGS_MAX_HEADER_LIST_SIZE counts
constexpr std::size_t kMostKept = 1 << 20;   // bytes of room that a stream keeps while it has nothing to send

std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

std::optional<std::size_t> to_number(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

void add_server_field(H2Stream& stream, std::string_view name, std::string_view value) {
  Request& request = stream.in;
  if (name == ":method")
    request.method = value;
  else if (name == ":path")
    request.target = value;
  else if (name == ":authority" || (name == "host" && request.authority.empty()))
    request.authority = value;
  else if (name == "content-length")
    stream.content_length = to_number(value);
  else if (name == "cookie" && request.headers.has(name))  // split by HTTP/2 for its header table (RFC 9113, 8.2.3)
    request.headers.set(name, std::string(*request.headers.get(name)) + "; " + std::string(value));
  else if (!name.starts_with(':') && name != "host")
    request.headers.add(name, value);
}

void add_client_field(H2Stream& stream, std::string_view name, std::string_view value) {
  if (name == ":status") {
    stream.status = static_cast<int>(to_number(value).value_or(0));
    return;
  }
  if (name == "content-length") stream.content_length = to_number(value);
  stream.in.headers.add(name, value);
}

}  // namespace

struct H2Callbacks {
  static H2Session& self(void* user) { return *static_cast<H2Session*>(user); }

  static H2Stream* find(nghttp2_session* session, std::int32_t id) {
    return static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(session, id));
  }

  static int begin_headers(nghttp2_session* nghttp2, const nghttp2_frame* frame, void* user) noexcept {
    H2Session& session = self(user);
    session.in_header_block_ = true;
    session.header_block_since_ = session.last_read_;
    const std::int32_t id = frame->hd.stream_id;
    if (session.options_.server && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      const auto stream = session.pool_->take();
      session.open_stream(*stream, id);
      nghttp2_session_set_stream_user_data(nghttp2, id, stream.get());
      ++session.requests_made_;
      session.heading_ = stream.get();
      return 0;
    }
    session.heading_ = find(nghttp2, id);
    if (session.heading_ != nullptr && !session.heading_->head_done) {
      session.heading_->in.headers.clear();  // those of an interim (1xx) answer
      session.heading_->content_length.reset();
    }
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) noexcept {
    H2Session& session = self(user);
    H2Stream* const stream = session.heading_;
    if (stream == nullptr) return 0;
    stream->header_bytes += name_size + value_size + kFieldOverhead;
    if (stream->header_bytes > session.options_.max_header_bytes) return 0;  // seen at the end of the block
    if (stream->head_done)
      stream->trailers.add(view(name, name_size), view(value, value_size));
    else if (session.options_.server)
      add_server_field(*stream, view(name, name_size), view(value, value_size));
    else
      add_client_field(*stream, view(name, name_size), view(value, value_size));
    return 0;
  }

  static int begin_frame(nghttp2_session* nghttp2, const nghttp2_frame_hd* head, void* user) noexcept {
    H2Session& session = self(user);
    session.frame_left_ = 0;
    if (head->type != NGHTTP2_DATA) return 0;
    session.reading_.reset(find(nghttp2, head->stream_id));
    if (session.reading_ && (head->flags & NGHTTP2_FLAG_PADDED) == 0) session.frame_left_ = head->length;
    return 0;
  }

  static int data(nghttp2_session* nghttp2, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                  void* user) noexcept {
    H2Session& session = self(user);
    session.frame_left_ -= std::min(size, session.frame_left_);
    H2Stream* const stream = session.reading_.get();
    nghttp2_session_consume_connection(nghttp2, size);
    if (stream == nullptr || stream->discard) return 0;
    if (stream->pieces) {
      stream->pieces->add(view(bytes, size));
      stream->discard = stream->pieces->ended();
      return 0;
    }
    if (!session.owner_ || !session.owner_->on_data(*stream, size)) {
      stream->discard = true;
      return 0;
    }
    session.deliver(*stream, reinterpret_cast<const char*>(bytes), size);
    if (session.options_.server) {
      stream->pace.received(stream->in.body.size(), session.last_read_);
      nghttp2_session_consume_stream(nghttp2, id, size);
    } else {
      stream->unconsumed += size;
      session.changed(*stream);
    }
    return 0;
  }

  static int frame_received(nghttp2_session* nghttp2, const nghttp2_frame* frame, void* user) noexcept {
    H2Session& session = self(user);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS:
        session.in_header_block_ = false;
        if (H2Stream* stream = find(nghttp2, frame->hd.stream_id)) message_part(session, *stream, *frame);
        break;
      case NGHTTP2_DATA:
        if (session.reading_) message_part(session, *session.reading_, *frame);
        break;
      case NGHTTP2_SETTINGS:
        session.settings_received_ = true;
        break;
      case NGHTTP2_GOAWAY:
        session.goaway_received_ = true;
        break;
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) != 0 && session.goaway_due_) session.finish_shut_down();
        break;
      default:
        break;
    }
    return 0;
  }

  static void message_part(H2Session& session, H2Stream& stream, const nghttp2_frame& frame) {
    if (frame.hd.type == NGHTTP2_HEADERS && !stream.head_done && (session.options_.server || stream.status >= 200)) {
      stream.head_done = true;
      stream.ended = session.options_.server && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
      stream.pace.begin(session.last_read_);
      if (session.owner_) session.owner_->on_head(stream);
      session.changed(stream);
    }
    if ((frame.hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return;
    stream.ended = true;
    if (stream.pieces) stream.pieces->finish();
    session.changed(stream);
  }

  static int stream_closed(nghttp2_session* nghttp2, std::int32_t id, std::uint32_t code, void* user) noexcept {
    H2Stream* stream = find(nghttp2, id);
    if (stream == nullptr) return 0;
    nghttp2_session_set_stream_user_data(nghttp2, id, nullptr);
    self(user).close_stream(*stream, code);
    return 0;
  }

  static int frame_sent(nghttp2_session* nghttp2, const nghttp2_frame* frame, void* user) noexcept {
    H2Session& session = self(user);
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    H2Stream* stream = find(nghttp2, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    stream->head_sent = true;
    stream->progress = session.last_read_;
    const bool answered = session.options_.server && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (answered && !stream->ended)  // the rest of the request is not wanted (RFC 9113, 8.1)
      nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, stream->id, NGHTTP2_NO_ERROR);
    return 0;
  }

  // A request that will never leave (GOAWAY, ids used up, cancelled before): no stream_closed follows (trap 3).
  static int frame_not_sent(nghttp2_session* nghttp2, const nghttp2_frame* frame, int, void* user) noexcept {
    H2Session& session = self(user);
    if (session.options_.server || frame->hd.type != NGHTTP2_HEADERS) return 0;
    H2Stream* stream = find(nghttp2, frame->hd.stream_id);
    if (stream == nullptr) {  // nghttp2 has made no stream object of it
      const auto found = std::ranges::find(session.open_, frame->hd.stream_id, &H2Stream::id);
      if (found == session.open_.end()) return 0;
      stream = *found;
    }
    nghttp2_session_set_stream_user_data(nghttp2, frame->hd.stream_id, nullptr);
    session.close_stream(*stream, NGHTTP2_REFUSED_STREAM);
    return 0;
  }

  static int send_data(nghttp2_session*, nghttp2_frame*, const std::uint8_t* head, std::size_t size,
                       nghttp2_data_source* source, void* user) noexcept {
    H2Session& session = self(user);
    if (session.batch_->bytes() >= H2Session::kBatch) return NGHTTP2_ERR_WOULDBLOCK;  // bounds a batch (trap 5)
    auto& stream = *static_cast<H2Stream*>(source->ptr);
    const std::string_view bytes = stream.unsent().substr(0, size);
    const bool is_referenced = stream.last && size >= kReference;
    std::string& out = session.batch_->begin_copy();
    out.append(view(head, 9));
    if (!is_referenced) out.append(bytes);
    session.batch_->commit();
    if (is_referenced) {
      session.batch_->reference(bytes);
      session.pinned_.emplace_back(&stream);
    }
    stream.sent += size;
    session.queued_ -= size;
    if (!stream.last && stream.sent == stream.out.size()) {
      if (stream.out.capacity() > kMostKept)
        stream.out = std::string();
      else
        stream.out.clear();
      stream.sent = 0;
    }
    if (stream.on_drained && stream.unsent().size() < stream.low_water) session.changed(stream);
    return 0;
  }

  static ssize_t data_size(nghttp2_session*, std::uint8_t, std::int32_t, std::int32_t connection_window,
                           std::int32_t stream_window, std::uint32_t max_frame, void*) noexcept {
    return std::min<ssize_t>({connection_window, stream_window, static_cast<ssize_t>(max_frame), 1 << 20});
  }

  static nghttp2_session_callbacks* make() {
    nghttp2_session_callbacks* all = nullptr;
    nghttp2_session_callbacks_new(&all);
    nghttp2_session_callbacks_set_on_begin_headers_callback(all, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(all, header);
    nghttp2_session_callbacks_set_on_begin_frame_callback(all, begin_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(all, data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(all, frame_received);
    nghttp2_session_callbacks_set_on_stream_close_callback(all, stream_closed);
    nghttp2_session_callbacks_set_on_frame_send_callback(all, frame_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(all, frame_not_sent);
    nghttp2_session_callbacks_set_send_data_callback(all, send_data);
    nghttp2_session_callbacks_set_data_source_read_length_callback(all, data_size);
    return all;
  }
};

nghttp2_session_callbacks* new_h2_callbacks() { return H2Callbacks::make(); }

}  // namespace manta::net
