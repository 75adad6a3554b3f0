#include "net/h2_exchange.h"

#include <utility>

#include "net/refusal.h"

namespace manta::net {
namespace {

constexpr std::size_t kCompactAt = 64 << 10;

// What has been sent of a long answer is dropped from the front now and then.
void compact(H2Stream& stream) {
  if (stream.sent < kCompactAt || stream.sent < stream.out.size() / 2) return;
  stream.out.erase(0, stream.sent);
  stream.sent = 0;
}

}  // namespace

H2Exchange::H2Exchange(std::shared_ptr<ServerContext> context, H2StreamRef stream, std::uint64_t connection_id)
    : context_(std::move(context)), stream_(std::move(stream)), connection_id_(connection_id) {
  ++context_->exchanges;
}

H2Exchange::~H2Exchange() {
  stream_->on_closed = nullptr;
  stream_->on_drained = nullptr;
  if (state_ == State::Open)
    respond(to_response({500, "the request was dropped without an answer"}));
  else if (state_ == State::Started)
    abort();
}

void H2Exchange::complete() {
  state_ = State::Complete;
  stream_->on_closed = nullptr;
  stream_->give_budget();
  --context_->exchanges;
}

void H2Exchange::respond(Response response) {
  if (state_ != State::Open) return;
  complete();
  if (stream_->closed) return;
  stream_->out_headers = std::move(response.headers);
  stream_->out = std::move(response.body);
  stream_->last = true;
  stream_->session->submit_response(*stream_, response.status, !stream_->out.empty());
}

void H2Exchange::start(int status, Headers headers) {
  if (state_ != State::Open) return;
  state_ = State::Started;
  if (stream_->closed) return;
  stream_->out_headers = std::move(headers);
  stream_->session->submit_response(*stream_, status, true);
}

void H2Exchange::write(std::string_view bytes) {
  if (!writable() || bytes.empty() || stream_->in.method == "HEAD") return;
  if (stream_->unsent().empty()) stream_->progress = context_->loop.now();
  compact(*stream_);
  stream_->out.append(bytes);
  stream_->session->add_queued(bytes.size());
  stream_->session->resume(*stream_);
}

void H2Exchange::finish(Headers trailers) {
  if (state_ != State::Started) return;
  complete();
  if (stream_->closed) return;
  stream_->out_trailers = std::move(trailers);
  stream_->last = true;
  stream_->session->resume(*stream_);
}

void H2Exchange::abort() {
  if (state_ == State::Complete) return;
  const bool started = state_ == State::Started;
  complete();
  if (stream_->closed) return;
  if (!started) return stream_->session->reset(*stream_, 2);  // INTERNAL_ERROR
  stream_->abort_after = true;
  stream_->session->resume(*stream_);
}

void H2Exchange::when_drained(std::size_t low_water, std::move_only_function<void()> callback) {
  if (stream_->closed) return;
  stream_->on_drained = std::move(callback);
  stream_->low_water = low_water;
  if (stream_->on_drained && queued() < low_water) stream_->session->changed(*stream_);
}

void H2Exchange::when_closed(std::move_only_function<void()> callback) {
  if (state_ == State::Complete) return;
  stream_->on_closed = std::move(callback);
  if (stream_->closed && stream_->on_closed) context_->loop.post([stream = stream_] { stream->tell(); });
}

}  // namespace manta::net
