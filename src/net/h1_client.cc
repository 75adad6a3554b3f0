#include "net/h1_client.h"

#include <array>
#include <optional>
#include <string>
#include <utility>

#include "net/h1_response_parser.h"
#include "net/input_buffer.h"
#include "net/socket.h"

namespace manta::net {
namespace {

constexpr std::size_t kAnswerPiece = 64 << 10;

std::string head_of(const Outgoing& outgoing) {
  std::string head;
  head.append(outgoing.method).append(" ").append(outgoing.path).append(" HTTP/1.1\r\nhost: ");
  head.append(outgoing.authority).append("\r\n");
  if (outgoing.headers != nullptr)
    for (const auto [name, value] : *outgoing.headers) head.append(name).append(": ").append(value).append("\r\n");
  const std::size_t size = outgoing.body ? outgoing.body->size() : 0;
  if (size != 0 || outgoing.method == "POST" || outgoing.method == "PUT")
    head.append("content-length: ").append(std::to_string(size)).append("\r\n");
  return head += "\r\n";
}

}  // namespace

// What a call and its connection share.
struct H1Exchanged {
  explicit H1Exchanged(bool answers_head) : parser(answers_head) {}
  H1ResponseParser parser;
  std::string head;
  std::shared_ptr<const std::string> body;
  std::size_t sent = 0;  // of head and body
  std::move_only_function<void()> on_update;
  std::optional<CallFailure> failure;
  std::string_view reason;
  bool ended = false;
  bool dropped = false;  // by its owner
  Headers trailers;
};

class H1ClientConnection final : public Socket::Events, public std::enable_shared_from_this<H1ClientConnection> {
 public:
  H1ClientConnection(Loop& loop, Address address, Duration connect_timeout)
      : loop_(loop), address_(std::move(address)), connect_timeout_(connect_timeout) {}
  ~H1ClientConnection() { loop_.cancel(timer_); }

  void attach(int fd) {
    socket_.emplace(loop_, fd);
    connected_ = true;
    read();
  }
  bool is_busy() const { return call_ != nullptr; }

  std::unique_ptr<ClientCall> start(const Outgoing& outgoing, std::move_only_function<void()> on_update);

  // The owner of `call` has dropped it.
  void drop(const H1Exchanged* call) {
    if (call_.get() == call) close();
  }
  void close() {
    loop_.cancel(std::exchange(timer_, 0));
    call_.reset();
    if (socket_) socket_->close();
    socket_.reset();
    connected_ = false;
    input_.discard();
  }
  void abandon() {
    if (call_) fail_later(CallFailure::MaybeStarted, "the client has been closed");
    if (!call_) close();
  }

  void on_read(std::size_t bytes) override {
    if (!socket_) return;
    if (bytes == 0) return server_ended();
    input_.commit(bytes);
    if (!call_) return close();  // it was asked nothing
    const auto call = call_;
    const H1ResponseParser::Parsed parsed = call->parser.parse(input_.view());
    input_.consume(parsed.consumed);
    if (!parsed.wrong.empty()) return fail(CallFailure::MaybeStarted, parsed.wrong);
    if (call->parser.is_complete()) return complete();
    read();
    update(*call);
  }
  void on_writable() override {
    if (!socket_) return;
    if (!connected_ && socket_->pending_error() != 0) return lost("nobody answers there");
    connected_ = true;
    loop_.cancel(std::exchange(timer_, 0));
    if (!reading_begun_) read();
    if (!write()) lost("the connection was lost");
  }
  void on_lost(int) override {
    if (socket_) lost("the connection was lost");
  }

 private:
  void connect() {
    const auto fd = connect_to(address_);
    if (!fd) return fail_later(CallFailure::NeverStarted, "the address cannot be connected to");
    socket_.emplace(loop_, *fd);
    reading_begun_ = false;
    timer_ = loop_.after(connect_timeout_, [this] {
      timer_ = 0;
      lost("nobody answers there in time");
    });
    socket_->wait_writable(shared_from_this());
  }
  void read() {
    reading_begun_ = true;
    socket_->read(input_.prepare(kAnswerPiece), shared_from_this());
  }
  // Sends what the kernel takes; false when the connection is gone.
  bool write() {
    while (call_ && call_->sent < size_of(*call_)) {
      const std::array<iovec, 2> parts = rest_of(*call_);
      const std::ptrdiff_t taken = socket_->write(parts);
      if (taken < 0) return false;
      if (taken == 0) {
        socket_->wait_writable(shared_from_this());
        break;
      }
      call_->sent += static_cast<std::size_t>(taken);
    }
    return true;
  }
  static std::size_t size_of(const H1Exchanged& call) { return call.head.size() + (call.body ? call.body->size() : 0); }
  static std::array<iovec, 2> rest_of(const H1Exchanged& call) {
    const std::string_view head = std::string_view(call.head).substr(std::min(call.sent, call.head.size()));
    const std::size_t of_body = call.sent > call.head.size() ? call.sent - call.head.size() : 0;
    const std::string_view body = call.body ? std::string_view(*call.body).substr(of_body) : std::string_view();
    return {iovec{const_cast<char*>(head.data()), head.size()}, iovec{const_cast<char*>(body.data()), body.size()}};
  }

  void server_ended() {
    input_.commit(0);
    if (!call_) return close();
    const std::string_view wrong = call_->parser.end();
    if (wrong.empty()) return complete();
    // A connection that the server closed while it was idle: nothing of this call was looked at.
    const bool untouched = !call_->parser.has_head() && input_.empty() && was_idle_;
    fail(untouched ? CallFailure::NeverStarted : CallFailure::MaybeStarted, wrong);
  }
  void complete() {
    const auto call = std::exchange(call_, nullptr);
    call->ended = true;
    if (!call->parser.keeps_alive() || !input_.empty() || call->sent < size_of(*call))
      close();
    else
      read();
    was_idle_ = true;
    update(*call);
  }
  void lost(std::string_view reason) {
    if (!call_) return close();
    fail(connected_ && call_->sent > 0 ? CallFailure::MaybeStarted : CallFailure::NeverStarted, reason);
  }
  void fail(CallFailure failure, std::string_view reason) {
    const auto call = std::exchange(call_, nullptr);
    close();
    call->failure = failure;
    call->reason = reason;
    update(*call);
  }
  void fail_later(CallFailure failure, std::string_view reason) {
    loop_.post([self = shared_from_this(), call = call_, failure, reason] {
      if (call && self->call_ == call) self->fail(failure, reason);
    });
  }
  static void update(H1Exchanged& call) {
    if (!call.on_update) return;
    auto callback = std::exchange(call.on_update, nullptr);  // outlives the call, should it drop that
    callback();
    if (!call.dropped) call.on_update = std::move(callback);
  }

  Loop& loop_;
  Address address_;
  Duration connect_timeout_;
  std::optional<Socket> socket_;
  InputBuffer input_;
  std::shared_ptr<H1Exchanged> call_;
  TimerId timer_ = 0;  // connecting
  bool connected_ = false;
  bool reading_begun_ = false;
  bool was_idle_ = false;  // between the last answer and this call
};

namespace {

class H1Call final : public ClientCall {
 public:
  H1Call(std::weak_ptr<H1ClientConnection> connection, std::shared_ptr<H1Exchanged> call)
      : connection_(std::move(connection)), call_(std::move(call)) {}
  ~H1Call() override {
    call_->dropped = true;
    call_->on_update = nullptr;
    if (call_->ended || call_->failure) return;
    if (const auto connection = connection_.lock()) connection->drop(call_.get());
  }

  bool has_head() const override { return call_->parser.has_head(); }
  int status() const override { return call_->parser.status(); }
  Headers& headers() override { return call_->parser.headers; }
  std::string& body() override { return call_->parser.body; }
  std::string take() override { return std::exchange(call_->parser.body, {}); }
  bool ended() const override { return call_->ended; }
  const Headers& trailers() const override { return call_->trailers; }
  std::optional<CallFailure> failure() const override { return call_->failure; }
  std::string_view failure_reason() const override { return call_->reason; }

 private:
  std::weak_ptr<H1ClientConnection> connection_;
  std::shared_ptr<H1Exchanged> call_;
};

}  // namespace

std::unique_ptr<ClientCall> H1ClientConnection::start(const Outgoing& outgoing,
                                                      std::move_only_function<void()> on_update) {
  auto call = std::make_shared<H1Exchanged>(outgoing.method == "HEAD");
  call->head = head_of(outgoing);
  call->body = outgoing.body;
  call->on_update = std::move(on_update);
  if (call_) {
    loop_.post([call] {
      call->failure = CallFailure::NeverStarted;
      call->reason = "another call is open";
      update(*call);
    });
    return std::make_unique<H1Call>(weak_from_this(), std::move(call));
  }
  call_ = call;
  if (!socket_) {
    was_idle_ = false;
    connect();
  } else if (!write()) {
    fail_later(CallFailure::NeverStarted, "the connection was lost");
  }
  return std::make_unique<H1Call>(weak_from_this(), std::move(call));
}

H1Client::H1Client(Loop& loop, Address address, Duration connect_timeout)
    : connection_(std::make_shared<H1ClientConnection>(loop, std::move(address), connect_timeout)) {}
H1Client::H1Client(Loop& loop, int connected_fd) : H1Client(loop, Address{}) { connection_->attach(connected_fd); }
H1Client::~H1Client() { connection_->abandon(); }

std::unique_ptr<ClientCall> H1Client::start(const Outgoing& outgoing, std::move_only_function<void()> on_update) {
  return connection_->start(outgoing, std::move(on_update));
}
bool H1Client::is_busy() const { return connection_->is_busy(); }

}  // namespace manta::net
