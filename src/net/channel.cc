#include "net/channel.h"

#include <algorithm>
#include <utility>

#include "net/channel_impl.h"
#include "net/h2_call.h"
#include "net/silent_peer.h"

namespace manta::net {
namespace {

constexpr std::uint32_t kEventWindow = 32 << 10;  // what a peer may send before we know what it is
constexpr std::size_t kConnectionWindow = 64 << 20;

H2Options session_options() {
  H2Options options;
  options.server = false;
  options.limit_resets = false;
  options.stream_window = kEventWindow;
  options.connection_window = kConnectionWindow;
  options.max_frame = 1 << 20;
  options.max_streams = 0;  // a server opens none
  options.most_read = H2Room::kInput;
  return options;
}

}  // namespace

Channel::Impl::Impl(Loop& on, Address to, ChannelOptions with, ReceiveBudget& from)
    : loop(on),
      address(std::move(to)),
      options(with),
      budget(from),
      streams(on.shared<H2StreamPool>()),
      timer(on, [this] { check_times(); }) {}

void Channel::Impl::connect() {
  if (state != State::Idle) return;
  const auto fd = connect_to(address);
  if (!fd) {
    lost_reason = fd.error().message;
    set_state(State::Lost);
    return;
  }
  set_state(State::Connecting);
  timer.set(loop.now() + options.connect_timeout);
  if (needs_proof(*fd)) {
    notice_vanished_machine(*fd);
    attach_unproven(*fd);
    return handshake->start_when_connected();
  }
  attach(*fd);
  session->start_when_connected();
}

bool Channel::Impl::needs_proof(int fd) const { return options.security && !is_unix_socket(fd); }

void Channel::Impl::attach(int fd) {
  session = std::make_shared<H2Session>(loop, Socket(loop, fd), session_options(), shared_from_this());
}

void Channel::Impl::attach_unproven(int fd) {
  session = std::make_shared<H2Session>(loop, Socket(loop), session_options(), shared_from_this());
  const auto peer = address.text.empty() ? remote_address(fd) : Result<Address>(address);
  handshake = std::make_shared<PeerHandshake>(loop, fd, PeerProof::Role::Client, options.security,
                                              peer ? "the peer at " + peer->text : std::string("the peer"),
                                              [weak = weak_from_this()](std::expected<Socket, std::string> outcome) {
                                                const auto self = weak.lock();
                                                if (!self || self->session->ended()) return;
                                                self->handshake.reset();
                                                if (outcome) return self->session->start_on(std::move(*outcome));
                                                self->session->end(outcome.error());
                                              });
}

void Channel::Impl::set_state(State next) {
  if (state == next) return;
  state = next;
  if (!on_state) return;
  loop.post([weak = weak_from_this(), next] {
    const auto self = weak.lock();
    if (!self) return;
    if (const auto callback = self->on_state) callback(next);
  });
}

std::string_view Channel::Impl::refusal() const {
  if (state == State::Lost || session->ended())
    return lost_reason.empty() ? std::string_view("the connection is lost") : std::string_view(lost_reason);
  if (state == State::Draining || session->goaway_received()) return "the peer is draining this connection";
  if (session->requests_made() >= options.max_calls) return "this connection has made its share of calls";
  const std::size_t most = std::min<std::size_t>(options.max_concurrent, session->remote_max_streams());
  if (session->open_streams().size() >= most) return "too many calls are open on this connection";
  return {};
}

std::unique_ptr<ClientCall> Channel::Impl::start(const Outgoing& outgoing, H2Stream::Callback on_update) {
  connect();
  const H2StreamRef stream = streams->take();
  stream->on_update = std::move(on_update);
  auto call = std::make_unique<H2Call>(stream);
  if (const auto why = refusal(); !why.empty()) {
    stream->closed = true;
    stream->failure = CallFailure::NeverStarted;
    stream->reason = why;
    loop.post([stream] { stream->tell(); });
    return call;
  }
  stream->in.method = outgoing.method;
  stream->in.target = outgoing.path;
  if (!outgoing.authority.empty())
    stream->in.authority = outgoing.authority;
  else
    stream->in.authority = address.member.empty() ? std::string_view("manta") : std::string_view(address.member);
  if (outgoing.headers != nullptr) stream->out_headers = *outgoing.headers;
  stream->shared_out = outgoing.body;
  stream->window = outgoing.window;
  session->submit_request(*stream);
  if (session->requests_made() >= options.max_calls) set_state(State::Draining);
  if (session->connected() && timer.due() == TimePoint::max()) timer.set(loop.now() + options.ping_after_idle);
  return call;
}

// Once the answer's size is known its window is opened as far as the caller and the process allow. Big windows are
// taken from what requests leave over: readers that are slow must not keep the bodies of others out.
void Channel::Impl::on_head(H2Stream& stream) {
  std::size_t window = stream.window;
  const std::size_t length = stream.content_length.value_or(0);
  const bool wants_more = !stream.ended && window > kEventWindow && length > window;
  if (wants_more && budget.take_spare(length) && stream.hold_budget(budget, length)) window = length;
  if (stream.ended || window == kEventWindow) return;
  if (stream.content_length && length <= kEventWindow) return;
  session->set_window(stream, window);
}

void Channel::Impl::on_turn() {
  if (state == State::Connecting && session->connected()) {
    set_state(State::Up);
    timer.clear();
    if (open_calls() != 0) timer.set(loop.now() + options.ping_after_idle);
  }
  if (state == State::Up && session->goaway_received()) set_state(State::Draining);
  if (state == State::Draining && open_calls() == 0) session->end("drained");
}

void Channel::Impl::on_end(std::string_view reason) {
  timer.clear();
  if (const auto unproven = std::exchange(handshake, nullptr)) unproven->close();
  lost_reason = reason;
  set_state(State::Lost);
}

// Connecting takes too long; or calls are open and nothing has been heard for a while: a PING, and an answer to it in
// time.
void Channel::Impl::check_times() {
  const auto self = shared_from_this();
  if (!session || session->ended()) return;
  if (handshake) return handshake->give_up_late();
  if (!session->connected()) return session->end("the connection was not made in time");
  if (open_calls() == 0) return;
  const TimePoint now = loop.now();
  const TimePoint heard = session->last_read();
  if (pinged_at != TimePoint{} && heard < pinged_at) {
    if (now >= pinged_at + options.ping_timeout) return session->end("the peer did not answer a PING");
    return timer.set(pinged_at + options.ping_timeout);
  }
  pinged_at = {};
  if (now < heard + options.ping_after_idle) return timer.set(heard + options.ping_after_idle);
  pinged_at = now;
  session->submit_ping();
  timer.set(now + options.ping_timeout);
}

Channel::Channel(Loop& loop, Address address, ChannelOptions options, ReceiveBudget& budget)
    : impl_(std::make_shared<Impl>(loop, std::move(address), options, budget)) {}

Channel::Channel(Loop& loop, int connected_fd, ChannelOptions options, ReceiveBudget& budget)
    : impl_(std::make_shared<Impl>(loop, Address{}, options, budget)) {
  set_no_delay(connected_fd);
  if (impl_->needs_proof(connected_fd)) {
    impl_->attach_unproven(connected_fd);
    impl_->state = State::Connecting;
    impl_->timer.set(loop.now() + impl_->options.connect_timeout);
    impl_->handshake->start();
    return;
  }
  impl_->attach(connected_fd);
  impl_->state = State::Up;
  impl_->session->start();
}

Channel::~Channel() {
  impl_->on_state = nullptr;
  if (const auto unproven = std::exchange(impl_->handshake, nullptr)) unproven->close();
  if (impl_->session) impl_->session->close("the channel was closed");
  impl_->state = State::Lost;
}

void Channel::connect() { impl_->connect(); }
Channel::State Channel::state() const {
  if (impl_->session && impl_->session->ended()) return State::Lost;
  if (impl_->state == State::Up && impl_->session->goaway_received()) return State::Draining;
  return impl_->state;
}
std::string_view Channel::lost_reason() const { return impl_->lost_reason; }
std::size_t Channel::open_calls() const { return impl_->open_calls(); }
void Channel::on_state(std::function<void(State)> callback) { impl_->on_state = std::move(callback); }

std::unique_ptr<ClientCall> Channel::start(const Outgoing& outgoing, std::move_only_function<void()> on_update) {
  return impl_->start(outgoing, std::move(on_update));
}

}  // namespace manta::net
