#include "loadgen/open_request.h"

#include <utility>

namespace manta::loadgen {
namespace {

constexpr Duration kPause = std::chrono::milliseconds(50);  // before the next try of a server that is not there

}  // namespace

OpenRequest::OpenRequest(Loop& loop, const LoadPlan& plan, Channels channels, OnEnd on_end)
    : loop_(loop),
      plan_(plan),
      channels_(std::move(channels)),
      client_(loop, plan.address),
      on_end_(std::move(on_end)) {}

OpenRequest::~OpenRequest() { loop_.cancel(timer_); }

void OpenRequest::send(const LoadRequest& request, TimePoint due, LoadResult* into) {
  request_ = &request;
  into_ = into;
  due_ = due;
  first_byte_ = first_token_ = last_token_ = std::nullopt;
  events_ = {};
  event_error_.clear();
  reported_tokens_ = std::nullopt;
  tokens_ = 0;
  tried_again_ = false;
  timer_ = loop_.after(plan_.timeout, [this] {
    timer_ = 0;
    end("timeout");
  });
  start();
}

void OpenRequest::start() {
  net::Outgoing outgoing;
  outgoing.method = request_->method;
  outgoing.path = request_->path;
  outgoing.headers = &request_->headers;
  outgoing.body = request_->body;
  outgoing.authority = plan_.authority;
  const auto on_update = [this] { update(); };
  net::Channel* const channel = channels_();
  is_http2_ = channel != nullptr;
  call_ = is_http2_ ? channel->start(outgoing, on_update) : client_.start(outgoing, on_update);
}

void OpenRequest::update() {
  const std::string bytes = call_->take();
  if (!bytes.empty() && !first_byte_) first_byte_ = loop_.now();
  if (into_ != nullptr) into_->bytes += bytes.size();
  if (plan_.reads_events) read_events(bytes);
  if (call_->failure()) {
    // A connection that the server had closed between two requests is no failure of this one.
    const bool never_started = call_->failure() == net::CallFailure::NeverStarted;
    if (never_started && !is_http2_ && !std::exchange(tried_again_, true)) return start();
    return end(std::string(call_->failure_reason()), never_started ? kPause : Duration::zero());
  }
  if (!call_->ended()) return;
  const int status = call_->status();
  end(status < 300 ? event_error_ : std::to_string(status));
}

void OpenRequest::read_events(std::string_view bytes) {
  events_.add(bytes);
  while (const auto data = events_.next()) {
    const StreamEvent event = read_event(*data);
    if (event.has_token) token(loop_.now());
    if (event.completion_tokens) reported_tokens_ = event.completion_tokens;
    if (event.prompt_tokens && into_ != nullptr)
      into_->input_tokens += static_cast<std::uint64_t>(std::max(0, *event.prompt_tokens));
    if (!event.error.empty()) event_error_ = event.error;
  }
}

void OpenRequest::token(TimePoint now) {
  ++tokens_;
  if (!first_token_) first_token_ = now;
  if (last_token_ && into_ != nullptr) into_->between_tokens.add(now - *last_token_);
  last_token_ = now;
}

void OpenRequest::end(std::string failure, Duration pause) {
  loop_.cancel(std::exchange(timer_, 0));
  if (into_ != nullptr && !failure.empty()) {
    ++into_->failed;
    ++into_->failures[failure];
  } else if (into_ != nullptr) {
    count_success();
  }
  call_.reset();
  if (pause == Duration::zero()) return on_end_(*this);
  timer_ = loop_.after(pause, [this] {
    timer_ = 0;
    on_end_(*this);
  });
}

void OpenRequest::count_success() {
  ++into_->completed;
  into_->latency.add(loop_.now() - due_);
  const auto first = plan_.reads_events ? first_token_ : first_byte_;
  if (first) into_->first_token.add(*first - due_);
  const auto tokens = reported_tokens_ ? static_cast<std::uint64_t>(std::max(0, *reported_tokens_)) : tokens_;
  into_->output_tokens += tokens;
  if (first_token_ && tokens > 1)
    into_->per_token.add((*last_token_ - *first_token_) / static_cast<std::int64_t>(tokens - 1));
}

}  // namespace manta::loadgen
