#include <algorithm>
#include <deque>
#include <utility>

#include "base/pooled.h"
#include "net/h2_exchange.h"
#include "net/h2_session.h"
#include "net/lazy_timer.h"
#include "net/refusal.h"
#include "net/server_connection.h"

namespace manta::net {
namespace {

constexpr std::size_t kServerWindow = 64 << 20;
constexpr std::uint32_t kRefusedStream = 7;
constexpr auto kGoawayPatience = std::chrono::seconds(1);  // for the PING that separates the two GOAWAYs

H2Options session_options(const ServerOptions& options) {
  H2Options result;
  result.limit_resets = !options.internal;
  result.has_date = !options.internal;
  result.connection_window = kServerWindow;
  result.max_frame = options.internal ? 1 << 20 : 64 << 10;
  result.max_streams = options.internal ? 1 << 16 : 256;
  result.max_header_bytes = options.max_header_bytes;
  result.most_read = options.internal ? H2Room::kInput : 16 << 10;
  return result;
}

// The server's end of one HTTP/2 connection: limits, time limits, drain. Loop-confined.
class H2ServerConnection final : public ServerConnection,
                                 public H2Session::Owner,
                                 public std::enable_shared_from_this<H2ServerConnection> {
 public:
  H2ServerConnection(std::shared_ptr<ServerContext> context, std::uint64_t id)
      : context_(std::move(context)), id_(id), timer_(context_->loop, [this] { check_times(); }) {}

  void start(Socket socket, std::string_view received) {
    begun_ = idle_since_ = context_->loop.now();
    session_ = std::make_shared<H2Session>(context_->loop, std::move(socket), session_options(context_->options),
                                           shared_from_this());
    timer_.set(begun_ + context_->options.header_timeout);
    session_->start(received);
  }

  void drain() override {
    session_->shut_down();
    timer_.set_earlier(context_->loop.now() + kGoawayPatience);
    drain_since_ = context_->loop.now();
  }

  void close() override { session_->close("the server has been closed"); }

 private:
  void on_head(H2Stream& stream) override;
  bool on_data(H2Stream& stream, std::size_t bytes) override;
  void on_change(H2Stream& stream) override;
  void on_turn() override;
  void on_end(std::string_view reason) override;

  void refuse(H2Stream& stream, const Refusal& refusal);
  void give_at_head(H2Stream& stream);
  void dispatch(H2Stream& stream);
  void unpark();
  void check_times();
  TimePoint check_stream(H2Stream& stream, TimePoint now);

  std::shared_ptr<ServerContext> context_;
  std::uint64_t id_;
  std::shared_ptr<H2Session> session_;
  LazyTimer timer_;
  std::deque<H2StreamRef> parked_;  // complete requests that wait for the peer to read its answers
  TimePoint begun_{};
  TimePoint idle_since_{};
  TimePoint drain_since_{};
  bool idle_ = false;
};

void H2ServerConnection::refuse(H2Stream& stream, const Refusal& refusal) {
  if (stream.closed || stream.answer_begun) return;
  stream.discard = true;
  stream.dispatched = true;
  stream.give_budget();
  if (context_->options.internal && refusal.status == 503) return session_->reset(stream, kRefusedStream);
  Response response = context_->refuse(stream.in, refusal);
  stream.out_headers = std::move(response.headers);
  stream.out = std::move(response.body);
  stream.last = true;
  session_->submit_response(stream, refusal.status, true);
}

void H2ServerConnection::on_head(H2Stream& stream) {
  const ServerOptions& options = context_->options;
  if (stream.header_bytes > options.max_header_bytes) return refuse(stream, {431, "the request headers are too large"});
  if (stream.in.method == "CONNECT") return refuse(stream, {501, "CONNECT is not supported"});
  if (!stream.ended && context_->gives_at_head(stream.in, stream.content_length)) return give_at_head(stream);
  const std::size_t length = stream.content_length.value_or(0);
  if (length > options.max_body_bytes) return refuse(stream, {413, "the request body is too large"});
  if (length != 0 && !context_->budget.has_room(length))
    return refuse(stream, {503, "too many request bodies are under way"});
  if (length > (256 << 10)) session_->set_window(stream, length);
  timer_.set_earlier(session_->last_read() + options.body_timeout);
}

// `stream` is closed before the session lets go of it, and ends its pieces then.
void H2ServerConnection::give_at_head(H2Stream& stream) {
  stream.pieces = std::make_shared<BodyStream>(
      context_->loop, context_->budget, [this, &stream](std::size_t bytes) { session_->consumed(stream, bytes); });
}

bool H2ServerConnection::on_data(H2Stream& stream, std::size_t bytes) {
  const std::size_t total = stream.in.body.size() + bytes;
  if (total > context_->options.max_body_bytes) {
    refuse(stream, {413, "the request body is too large"});
    return false;
  }
  if (total <= stream.budgeted || stream.take_budget(context_->budget, total - stream.budgeted)) return true;
  refuse(stream, {503, "too many request bodies are under way"});
  return false;
}

void H2ServerConnection::on_change(H2Stream& stream) {
  if ((!stream.ended && !stream.pieces) || stream.dispatched || stream.closed) return;
  stream.dispatched = true;
  if (session_->queued() > context_->options.max_write_queue) {
    parked_.emplace_back(&stream);
  } else {
    dispatch(stream);
  }
}

void H2ServerConnection::dispatch(H2Stream& stream) {
  context_->handle(make_pooled<H2Exchange>(context_, H2StreamRef(&stream), id_));
}

void H2ServerConnection::unpark() {
  while (!parked_.empty() && session_->queued() <= context_->options.max_write_queue) {
    const H2StreamRef stream = std::move(parked_.front());
    parked_.pop_front();
    if (!stream->closed) dispatch(*stream);
    if (session_->ended()) return;
  }
}

void H2ServerConnection::on_turn() {
  unpark();
  const ServerOptions& options = context_->options;
  if (session_->in_header_block()) timer_.set_earlier(session_->header_block_since() + options.header_timeout);
  if (session_->write_blocked() || (session_->queued() != 0 && !options.internal))
    timer_.set_earlier(session_->last_read() + options.write_timeout);
  if (!session_->open_streams().empty()) {
    idle_ = false;
  } else if (!idle_ && !options.internal) {
    idle_ = true;
    idle_since_ = session_->last_read();
    timer_.set_earlier(idle_since_ + options.keep_alive_timeout);
  }
}

// Ends what has taken too long and sets the timer for what would be next.
void H2ServerConnection::check_times() {
  const auto self = shared_from_this();
  const ServerOptions& options = context_->options;
  const TimePoint now = context_->loop.now();
  TimePoint next = TimePoint::max();
  const auto expired = [&](bool applies, TimePoint due) {
    if (!applies) return false;
    if (now < due) next = std::min(next, due);
    return now >= due;
  };
  if (expired(session_->shutting_down(), drain_since_ + kGoawayPatience)) session_->finish_shut_down();
  if (expired(!session_->settings_received(), begun_ + options.header_timeout) ||
      expired(session_->in_header_block(), session_->header_block_since() + options.header_timeout))
    return session_->end("the client was too slow to send headers");
  if (expired(session_->write_blocked(), session_->write_progress() + options.write_timeout))
    return session_->end("the client has stopped reading");
  const auto open = session_->open_streams();
  const std::vector<H2Stream*> streams(open.begin(), open.end());
  for (H2Stream* stream : streams) next = std::min(next, check_stream(*stream, now));
  if (expired(streams.empty() && !options.internal, idle_since_ + options.keep_alive_timeout)) {
    session_->shut_down();
    session_->finish_shut_down();
  }
  timer_.set(next);
}

TimePoint H2ServerConnection::check_stream(H2Stream& stream, TimePoint now) {
  const ServerOptions& options = context_->options;
  if (stream.closed) return TimePoint::max();
  if (!stream.ended && !stream.dispatched) {
    const TimePoint due = stream.pace.progress() + options.body_timeout;
    if (now >= due) refuse(stream, {408, "the request body stopped coming, or came too slowly"});
    return now >= due ? TimePoint::max() : due;
  }
  if (options.internal || stream.unsent().empty()) return TimePoint::max();
  const TimePoint due = stream.progress + options.write_timeout;
  if (now >= due) session_->reset(stream, 8);  // CANCEL: the client has stopped reading this answer
  return now >= due ? TimePoint::max() : due;
}

void H2ServerConnection::on_end(std::string_view) {
  timer_.clear();
  parked_.clear();
  context_->on_connection_end(id_);
}

}  // namespace

std::shared_ptr<ServerConnection> serve_http2(std::shared_ptr<ServerContext> context, std::uint64_t id, Socket socket,
                                              std::string_view received) {
  auto connection = std::make_shared<H2ServerConnection>(std::move(context), id);
  connection->start(std::move(socket), received);
  return connection;
}

}  // namespace manta::net
