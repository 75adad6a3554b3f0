#include "net/server.h"

#include <unistd.h>

#include <array>
#include <map>
#include <unordered_map>
#include <utility>

#include "net/lazy_timer.h"
#include "net/listener.h"
#include "net/peer_security_impl.h"
#include "net/server_connection.h"
#include "net/silent_peer.h"
#include "net/socket.h"
#include "net/unproven_connection.h"

namespace manta::net {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// A connection that has not said enough to tell its protocol. Hands its socket over once it has.
class NewConnection final : public ServerConnection,
                            public Socket::Events,
                            public std::enable_shared_from_this<NewConnection> {
 public:
  using Told = std::move_only_function<void(Socket socket, std::string_view received, bool is_http2)>;
  using Gone = std::move_only_function<void()>;

  NewConnection(Loop& loop, Socket socket, Told told, Gone gone)
      : socket_(std::move(socket)), told_(std::move(told)), gone_(std::move(gone)), timer_(loop, [this] { end(); }) {}

  void start(TimePoint deadline) {
    timer_.set(deadline);
    read();
  }
  void drain() override {}
  void close() override {
    timer_.clear();
    socket_.close();
  }

 private:
  void read() { socket_.read(std::span(buffer_).subspan(size_), shared_from_this()); }

  void on_read(std::size_t bytes) override {
    if (!socket_.is_open()) return;
    if (bytes == 0) return end();
    size_ += bytes;
    const std::string_view received(buffer_.data(), size_);
    if (received.size() < kPreface.size() && kPreface.starts_with(received)) return read();
    timer_.clear();
    told_(std::move(socket_), received, received.starts_with(kPreface));
  }
  void on_writable() override {}
  void on_lost(int) override { end(); }

  void end() {
    const auto self = shared_from_this();
    close();
    gone_();
  }

  Socket socket_;
  std::array<char, 4096> buffer_;
  std::size_t size_ = 0;
  Told told_;
  Gone gone_;
  LazyTimer timer_;
};

bool may_connect(int fd) {
  const auto uid = peer_uid(fd);
  return !uid || *uid == 0 || *uid == ::geteuid();
}

}  // namespace

struct Server::Impl : std::enable_shared_from_this<Impl> {
  Impl(Loop& loop, ServerOptions options, ReceiveBudget& budget, Handler handler)
      : context(new ServerContext{loop, options, budget, std::move(handler), {}}) {}

  void attach() {
    context->on_connection_end = [weak = weak_from_this()](std::uint64_t id) {
      if (const auto self = weak.lock()) self->connection_ended(id);
    };
  }

  void listen(int fd) {
    listeners.push_back(std::make_unique<Listener>(
        context->loop, fd, [this] { return connections.size() < context->options.max_connections; },
        [this](int connection) { accept(connection); }));
  }

  void accept(int fd) {
    if (context->draining || closed || (context->options.check_peer_uid && !may_connect(fd))) {
      ::close(fd);
      return;
    }
    set_no_delay(fd);
    if (context->wants_stream) probe_silent_peer(fd);
    const std::uint64_t id = next_id++;
    if (context->options.security && !is_unix_socket(fd)) {
      notice_vanished_machine(fd);
      return prove(id, fd);
    }
    greet(id, Socket(context->loop, fd));
  }

  // The peer has to prove that it belongs here, before it is listened to.
  void prove(std::uint64_t id, int fd) {
    auto connection =
        std::make_shared<UnprovenConnection>(context->loop, fd, context->options.security,
                                             [weak = weak_from_this(), id](std::expected<Socket, std::string> outcome) {
                                               if (const auto self = weak.lock()) self->proven(id, std::move(outcome));
                                             });
    connections.emplace(id, connection);
    unproven.emplace(id, connection);
    connection->start(context->loop.now() + context->options.header_timeout);
    if (unproven.size() <= context->options.max_unproven) return;
    // Who belongs here is through within a round trip: the oldest are the likeliest not to.
    unproven.begin()->second->give_up("too many connections at once do not prove that they know this instance's token");
    unproven.erase(unproven.begin());
  }

  void proven(std::uint64_t id, std::expected<Socket, std::string> outcome) {
    unproven.erase(id);
    if (outcome) return greet(id, std::move(*outcome));
    if (!outcome.error().empty()) context->options.security->impl().foreign.add(outcome.error(), context->loop.now());
    connection_ended(id);
  }

  void greet(std::uint64_t id, Socket socket) {
    const auto weak = weak_from_this();
    auto connection = std::make_shared<NewConnection>(
        context->loop, std::move(socket),
        [weak, id](Socket socket, std::string_view received, bool is_http2) {
          if (const auto self = weak.lock()) self->serve(id, std::move(socket), received, is_http2);
        },
        [weak, id] {
          if (const auto self = weak.lock()) self->connection_ended(id);
        });
    connections.insert_or_assign(id, connection);
    connection->start(context->loop.now() + context->options.header_timeout);
  }

  void serve(std::uint64_t id, Socket socket, std::string_view received, bool is_http2) {
    const auto found = connections.find(id);
    if (found == connections.end()) return;
    const auto keep = found->second;  // `received` is in it
    found->second = (is_http2 ? serve_http2 : serve_http1)(context, id, std::move(socket), received);
    if (context->draining) found->second->drain();
  }

  void connection_ended(std::uint64_t id) {
    const auto self = shared_from_this();
    if (connections.erase(id) == 0) return;
    if (const auto callback = on_disconnect) callback(id);
    if (closed) return;
    for (const auto& listener : listeners) listener->resume();
    tell_if_drained();
  }

  void drain(std::move_only_function<void()> done) {
    context->draining = true;
    on_drained = std::move(done);
    listeners.clear();
    std::vector<std::shared_ptr<ServerConnection>> all;
    for (const auto& [id, connection] : connections) all.push_back(connection);
    for (const auto& connection : all) connection->drain();
    context->loop.post([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->tell_if_drained();
    });
  }

  void tell_if_drained() {
    if (context->draining && connections.empty() && on_drained) std::exchange(on_drained, nullptr)();
  }

  void close() {
    closed = true;
    listeners.clear();
    unproven.clear();
    const auto all = std::exchange(connections, {});
    for (const auto& [id, connection] : all) connection->close();
  }

  std::shared_ptr<ServerContext> context;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::unordered_map<std::uint64_t, std::shared_ptr<ServerConnection>> connections;
  std::map<std::uint64_t, std::shared_ptr<UnprovenConnection>> unproven;  // of them; the oldest first
  std::function<void(std::uint64_t)> on_disconnect;
  std::move_only_function<void()> on_drained;
  std::uint64_t next_id = 1;
  bool closed = false;
};

Server::Server(Loop& loop, ServerOptions options, ReceiveBudget& budget, Handler handler)
    : impl_(std::make_shared<Impl>(loop, options, budget, std::move(handler))) {
  impl_->attach();
}

Server::~Server() { impl_->close(); }

void Server::listen(int fd) { impl_->listen(fd); }
void Server::accept(int fd) { impl_->accept(fd); }
void Server::drain(std::move_only_function<void()> done) { impl_->drain(std::move(done)); }
void Server::on_disconnect(std::function<void(std::uint64_t)> callback) { impl_->on_disconnect = std::move(callback); }
void Server::on_refusal(OnRefusal callback) { impl_->context->on_refusal = std::move(callback); }
void Server::stream_bodies(std::function<bool(const Request&)> wanted) {
  impl_->context->wants_stream = std::move(wanted);
}
ServerStats Server::stats() const { return {impl_->connections.size(), impl_->context->exchanges}; }

}  // namespace manta::net
