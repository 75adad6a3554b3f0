// How an H2Session configures nghttp2, and the frames that concern the whole connection.

#include <nghttp2/nghttp2.h>

#include <array>
#include <utility>

#include "net/h2_memory.h"
#include "net/h2_session.h"

namespace manta::net {

nghttp2_session_callbacks* new_h2_callbacks();

namespace {

constexpr std::uint32_t kManyStreams = 1 << 20;

struct OptionDeleter {
  void operator()(nghttp2_option* option) const { nghttp2_option_del(option); }
};
struct CallbacksDeleter {
  void operator()(nghttp2_session_callbacks* callbacks) const { nghttp2_session_callbacks_del(callbacks); }
};

nghttp2_session* new_session(const H2Options& options, void* user) {
  nghttp2_option* raw = nullptr;
  nghttp2_option_new(&raw);
  const std::unique_ptr<nghttp2_option, OptionDeleter> option(raw);
  nghttp2_option_set_no_auto_window_update(raw, 1);  // the peer is credited for what has been consumed (trap 6)
  nghttp2_option_set_no_closed_streams(raw, 1);
  nghttp2_option_set_peer_max_concurrent_streams(raw, kManyStreams);  // else 100 until SETTINGS arrive (trap 7)
  if (!options.limit_resets) nghttp2_option_set_stream_reset_rate_limit(raw, kManyStreams, kManyStreams);  // trap 1
  const std::unique_ptr<nghttp2_session_callbacks, CallbacksDeleter> callbacks(new_h2_callbacks());
  nghttp2_session* session = nullptr;
  const auto make = options.server ? nghttp2_session_server_new3 : nghttp2_session_client_new3;
  make(&session, callbacks.get(), user, raw, h2_memory());
  return session;
}

}  // namespace

H2Session::H2Session(Loop& loop, Socket socket, const H2Options& options, std::shared_ptr<Owner> owner)
    : loop_(loop),
      socket_(std::move(socket)),
      options_(options),
      pool_(loop.shared<H2StreamPool>()),
      room_(loop.shared<H2Room>()),
      owner_(std::move(owner)) {
  nghttp2_ = new_session(options_, this);
  // A client keeps the priorities of RFC 7540, with which its requests take turns: by those of RFC 9218 nghttp2 sends
  // the bodies of requests one after the other.
  const nghttp2_settings_entry of_role = options_.server
                                             ? nghttp2_settings_entry{NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1}
                                             : nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
  const std::array<nghttp2_settings_entry, 5> settings{{
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options_.stream_window},
      {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, options_.max_frame},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(options_.max_header_bytes)},
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options_.max_streams},
      of_role,
  }};
  nghttp2_submit_settings(nghttp2_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(nghttp2_, NGHTTP2_FLAG_NONE, 0,
                                        static_cast<std::int32_t>(options_.connection_window));
}

H2Session::~H2Session() {
  while (!open_.empty()) {  // only when the loop has gone first: nobody is told
    const H2StreamRef stream(open_.back(), false);
    open_.pop_back();
    stream->session = nullptr;
    stream->closed = true;
  }
  nghttp2_session_del(nghttp2_);
}

void H2Session::submit_ping() {
  nghttp2_submit_ping(nghttp2_, NGHTTP2_FLAG_NONE, nullptr);
  kick();
}

void H2Session::shut_down() {
  if (ended_ || shutting_down_) return;
  shutting_down_ = true;
  goaway_due_ = true;
  nghttp2_submit_shutdown_notice(nghttp2_);
  submit_ping();
}

void H2Session::finish_shut_down() {
  if (ended_ || !goaway_due_) return;
  goaway_due_ = false;
  nghttp2_submit_goaway(nghttp2_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(nghttp2_),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  kick();
}

void H2Session::consumed(H2Stream& stream, std::size_t bytes) {
  nghttp2_session_consume_stream(nghttp2_, stream.id, bytes);
  kick();
}

void H2Session::set_window(H2Stream& stream, std::size_t bytes) {
  nghttp2_session_set_local_window_size(nghttp2_, NGHTTP2_FLAG_NONE, stream.id, static_cast<std::int32_t>(bytes));
}

std::uint32_t H2Session::remote_max_streams() const {
  return settings_received_ ? nghttp2_session_get_remote_settings(nghttp2_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
                            : kManyStreams;
}

}  // namespace manta::net
