// Requests of an H1Connection: reading, limits, time limits, its end. Answers are in h1_answer.cc, bodies that come
// while they are answered in h1_stream.cc.

#include "net/h1_connection.h"

#include <poll.h>

#include <algorithm>
#include <utility>

#include "base/pooled.h"

namespace manta::net {
namespace {

constexpr int kRounds = 8;  // of parse-and-write in one turn
constexpr std::size_t kReadSize = 4 << 10;
constexpr std::size_t kReadAhead = 16 << 10;   // of pipelined requests while one is answered
constexpr std::size_t kDirectRead = 16 << 10;  // a body with so much missing is read straight into place
constexpr auto kLinger = std::chrono::seconds(2);
constexpr auto kProbeDelay = std::chrono::milliseconds(100);

}  // namespace

H1Connection::H1Connection(std::shared_ptr<ServerContext> context, std::uint64_t id, Socket socket)
    : context_(std::move(context)),
      id_(id),
      socket_(std::move(socket)),
      parser_(context_->options.max_header_bytes),
      timer_(context_->loop, [this] { check_time(); }) {}

H1Connection::~H1Connection() {
  give_budget();
  if (stream_) stream_->fail(body_cut_short());
  if (exchange_ != nullptr) exchange_->lose();
}

void H1Connection::start(std::string_view received) {
  input_.append(received);
  progress_ = true;
  kick();
}

void H1Connection::drain() {
  if (phase_ != Phase::Head || !input_.empty()) return;
  phase_ = Phase::Closing;
  kick();
}

void H1Connection::close() {
  phase_ = Phase::Closed;
  socket_.close();
  timer_.clear();
  give_budget();
  if (const auto stream = std::exchange(stream_, nullptr)) stream->fail(body_cut_short());
  if (auto* exchange = std::exchange(exchange_, nullptr)) exchange->lose();
}

void H1Connection::kick() {
  if (in_turn_ || kicked_) return;
  kicked_ = true;
  context_->loop.post([self = shared_from_this()] { self->turn(); });
}

void H1Connection::on_read(std::size_t bytes) {
  reading_ = false;
  if (phase_ == Phase::Closed) return;
  progress_ = phase_ != Phase::Lingering;
  peer_ended_ = bytes == 0;
  if (std::exchange(reading_body_, false))
    request_.body.resize_and_overwrite(request_.body.size() + bytes, [](char*, std::size_t size) { return size; });
  else
    input_.commit(bytes);
  if (refused_) input_.discard();
  turn();
}

void H1Connection::on_writable() {
  write_blocked_ = false;
  if (phase_ != Phase::Closed) turn();
}

void H1Connection::on_lost(int) {
  if (phase_ != Phase::Closed) finish();
}

// One round of everything that can be done without waiting.
void H1Connection::turn() {
  if (in_turn_ || phase_ == Phase::Closed) return;
  in_turn_ = true;
  kicked_ = false;
  for (int round = 0; round < kRounds; ++round) {
    parse();
    flush();
    if (!tell_drained()) break;
  }
  in_turn_ = false;
  if (phase_ == Phase::Closed) return;
  wind_up();
  if (phase_ == Phase::Closed) return;
  if (!batch_.empty() && !write_blocked_) kick();
  read_more();
  set_time_limit();
}

void H1Connection::parse() {
  while (batch_.bytes() <= context_->options.max_write_queue) {
    const bool more = phase_ == Phase::Head   ? parse_head()
                      : phase_ == Phase::Body ? parse_body()
                                              : stream_ != nullptr && parse_stream();
    if (!more) return;
  }
}

bool H1Connection::parse_head() {
  while (input_.view().starts_with("\r\n")) input_.consume(2);  // RFC 9112, 2.2
  if (input_.empty()) return false;
  request_ = Request();
  const auto parsed = parser_.parse_head(input_.view(), request_, head_);
  if (parsed.refusal) {
    refuse(parsed.refusal);
    return false;
  }
  if (!parsed.complete) return false;
  input_.consume(parsed.consumed);
  return accept_body();
}

bool H1Connection::accept_body() {
  const bool has_body = head_.chunked || head_.content_length != 0;
  const auto length = head_.chunked ? std::nullopt : std::optional(head_.content_length);
  if (has_body && context_->gives_at_head(request_, length)) {
    dispatch_at_head();
    return true;
  }
  if (head_.content_length > context_->options.max_body_bytes) {
    refuse({413, "the request body is too large"});
    return false;
  }
  if (!context_->budget.has_room(head_.content_length)) {
    refuse({503, "too many request bodies are under way"});
    return false;
  }
  if (head_.content_length == 0 && !head_.chunked) {
    dispatch();
    return true;
  }
  phase_ = Phase::Body;
  pace_.begin(context_->loop.now());
  if (head_.expect_continue && input_.empty()) batch_.copy(kContinue);
  return true;
}

bool H1Connection::parse_body() {
  H1Parser::Parsed parsed;
  if (head_.chunked) {
    parsed = parser_.parse_chunks(input_.view(), request_.body, context_->options.max_body_bytes);
  } else {
    const auto piece = input_.view().substr(0, head_.content_length - request_.body.size());
    if (request_.body.empty()) request_.body.reserve(std::min(head_.content_length, kDirectRead + kReadSize));
    request_.body.append(piece);
    parsed.consumed = piece.size();
    parsed.complete = request_.body.size() == head_.content_length;
  }
  input_.consume(parsed.consumed);
  if (!parsed.refusal && !take_budget(request_.body.size()))
    parsed.refusal = {503, "too many request bodies are under way"};
  if (parsed.refusal) {
    refuse(parsed.refusal);
    return false;
  }
  if (parsed.complete)
    dispatch();
  else
    pace_.received(request_.body.size(), context_->loop.now());
  return parsed.complete;
}

void H1Connection::dispatch() {
  phase_ = Phase::Answering;
  keep_alive_ = head_.keep_alive;
  const auto exchange = make_pooled<H1Exchange>(*this, context_, id_, std::move(request_), stream_);
  exchange_ = exchange.get();
  context_->handle(exchange);
}

bool H1Connection::take_budget(std::size_t body_bytes) {
  if (body_bytes <= budgeted_) return true;
  if (!context_->budget.take(body_bytes - budgeted_)) return false;
  budgeted_ = body_bytes;
  return true;
}

void H1Connection::give_budget() {
  if (budgeted_ != 0) context_->budget.give(std::exchange(budgeted_, 0));
}

void H1Connection::read_more() {
  if (reading_ || peer_ended_) return;
  if (phase_ == Phase::Closing) return;
  if (stream_ && holds_stream()) return watch_stream();
  if (phase_ == Phase::Answering && !stream_ && input_.size() >= kReadAhead) return;
  if (phase_ == Phase::Head && batch_.bytes() > context_->options.max_write_queue) return;
  reading_ = true;
  const std::size_t missing = phase_ == Phase::Body && !head_.chunked ? head_.content_length - request_.body.size() : 0;
  if (missing >= kDirectRead && input_.empty()) {
    reading_body_ = true;
    std::string& body = request_.body;
    context_->reserve(body, room_for_body(body.size(), head_.content_length));
    socket_.read({body.data() + body.size(), std::min(missing, body.capacity() - body.size())}, shared_from_this());
    return;
  }
  const std::size_t room = phase_ == Phase::Body || stream_ ? kDirectRead : kReadSize;
  socket_.read(input_.prepare(room), shared_from_this());
}

// What follows from the peer having ended its side, and from all answers being written.
void H1Connection::wind_up() {
  if (peer_ended_ && (phase_ == Phase::Body || phase_ == Phase::Lingering)) return finish();
  if (peer_ended_ && stream_ && !holds_stream()) return finish();  // in the middle of the body
  if (peer_ended_ && phase_ == Phase::Head) phase_ = Phase::Closing;
  if (phase_ != Phase::Closing || !batch_.empty()) return;
  const bool may_be_sending = !peer_ended_ && (refused_ || !input_.empty());
  if (!may_be_sending) return finish();
  socket_.shutdown_write();
  refused_ = true;
  input_.discard();
  phase_ = Phase::Lingering;
}

void H1Connection::finish() {
  const auto self = shared_from_this();
  close();
  context_->loop.post([context = context_, id = id_] { context->on_connection_end(id); });
}

H1Connection::Limit H1Connection::current_limit() const {
  if (write_blocked_) return Limit::Write;
  switch (phase_) {
    case Phase::Head:
      return input_.empty() ? Limit::Idle : Limit::Head;
    case Phase::Body:
      return Limit::Body;
    case Phase::Answering:
      return peer_ended_ && !probed_ ? Limit::Probe : Limit::None;
    case Phase::Lingering:
      return Limit::Linger;
    default:
      return Limit::None;
  }
}

Duration H1Connection::length_of(Limit limit) const {
  const ServerOptions& options = context_->options;
  switch (limit) {
    case Limit::Idle:
      return options.keep_alive_timeout;
    case Limit::Head:
      return options.header_timeout;
    case Limit::Write:
      return options.write_timeout;
    case Limit::Probe:
      return kProbeDelay;
    default:
      return kLinger;
  }
}

void H1Connection::set_time_limit() {
  const Limit limit = current_limit();
  const bool renewed = std::exchange(progress_, false) && limit != Limit::Head;
  if (limit == Limit::Body) {
    limit_ = limit;
    return timer_.set(pace_.progress() + context_->options.body_timeout);
  }
  if (limit == limit_ && !renewed) return;
  limit_ = limit;
  if (limit == Limit::None) return timer_.clear();
  timer_.set(context_->loop.now() + length_of(limit));
}

void H1Connection::check_time() {
  const auto self = shared_from_this();
  switch (limit_) {
    case Limit::Head:
      refuse({408, "the request headers did not come in time"});
      break;
    case Limit::Body:
      refuse({408, "the request body stopped coming, or came too slowly"});
      break;
    case Limit::Probe:
      probe();
      break;
    default:
      return finish();
  }
  turn();
}

// The peer has ended its side while it waits for an answer: it may have gone, or only have finished sending. A Unix
// socket knows; on TCP only bytes sent to a closed socket make a difference, and an interim answer is what may be sent
// any time.
void H1Connection::probe() {
  probed_ = true;
  pollfd state{.fd = socket_.fd(), .events = 0, .revents = 0};
  ::poll(&state, 1, 0);
  if ((state.revents & (POLLHUP | POLLERR)) != 0) return finish();
  socket_.wait_lost(shared_from_this());
  const bool may_interrupt = head_.version == 11 && exchange_ != nullptr && !exchange_->started();
  if (may_interrupt && !peer_uid(socket_.fd())) batch_.copy(kContinue);
}

std::shared_ptr<ServerConnection> serve_http1(std::shared_ptr<ServerContext> context, std::uint64_t id, Socket socket,
                                              std::string_view received) {
  auto connection = std::make_shared<H1Connection>(std::move(context), id, std::move(socket));
  connection->start(received);
  return connection;
}

}  // namespace manta::net
