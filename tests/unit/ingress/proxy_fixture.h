#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "ingress/metrics_collector.h"
#include "ingress/proxy.h"
#include "net/channel.h"
#include "net/receive_budget.h"
#include "net/server.h"
#include "net/wire.h"
#include "routing/dispatchers.h"
#include "routing/queue_count.h"
#include "spec/replica_set.h"

namespace manta::ingress {

// Two ends of a connection, non-blocking.
inline std::pair<int, int> socket_pair() {
  std::array<int, 2> ends{};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
  return {ends[0], ends[1]};
}

// A client of the public door that speaks HTTP/1.1 byte by byte.
class RawClient {
 public:
  RawClient(Loop& loop, net::Server& server) : loop_(loop) {
    const auto [ours, theirs] = socket_pair();
    fd_ = ours;
    server.accept(theirs);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { hang_up(); }

  void send(std::string_view text) {
    EXPECT_EQ(write(fd_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    loop_.poll();
  }
  // All that has arrived since the last call.
  std::string receive() {
    std::string text;
    std::array<char, 65536> buffer;
    for (;;) {
      loop_.poll();
      const auto got = read(fd_, buffer.data(), buffer.size());
      if (got == 0) closed_ = true;
      if (got <= 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }
  std::string ask(std::string_view text) {
    send(text);
    return receive();
  }
  // True once receive() has met the end of the connection.
  bool closed() const { return closed_; }
  void hang_up() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
    loop_.poll();
  }

 private:
  Loop& loop_;
  int fd_ = -1;
  bool closed_ = false;
};

// A whole proxy over socket pairs and virtual time. Replicas are one fake server per deployment whose answers a test
// gives by path; what it has no answer for waits in `waiting`.
class ProxyTest : public testing::Test {
 protected:
  struct Replica {
    std::unique_ptr<net::Server> server;
    std::vector<net::ExchangePtr> control;  // streams of grants, held open
    std::string address;
  };
  using Answer = std::function<void(net::ExchangePtr)>;

  ProxyTest() {
    auto snapshot = standard_snapshot();
    publish(snapshot);
    server_->stream_bodies([this](const net::Request& head) { return proxy_->wants_stream(head); });
  }
  ~ProxyTest() override {
    server_.reset();
    waiting.clear();
    replicas_.clear();
  }

  static spec::RoutingSnapshot standard_snapshot() {
    spec::RoutingSnapshot snapshot{.stamp = {1, 1}};
    snapshot.applications = {spec::ApplicationRoutes{.application = "rag",
                                                     .route_prefix = "/rag",
                                                     .ingress = "Rag",
                                                     .routes = {{"GET", "/items/{id}", "item"}},
                                                     .openapi = R"({"openapi":"3.1.0"})",
                                                     .ready = true}};
    snapshot.deployments = {
        spec::ReplicaSet{.application = "rag",
                         .deployment = "Rag",
                         .replicas = {{.id = "rag#Rag#1", .address = "unix:/rag", .max_ongoing_requests = 100}},
                         .methods = {{.name = "query"},
                                     {.name = "search", .idempotent = true},
                                     {.name = "item", .raw_http = true},
                                     {.name = "call"}}}};
    return snapshot;
  }

  void publish(const spec::RoutingSnapshot& snapshot) {
    dispatchers_.update(snapshot);
    collector_.update(snapshot);
    view_ = view_after(view_, std::make_shared<spec::RoutingSnapshot>(snapshot), "");
    proxy_->update(view_);
    loop_.poll();
  }

  std::unique_ptr<net::Channel> connect(const std::string& address) {
    if (unreachable_) return nullptr;
    const auto [ours, theirs] = socket_pair();
    Replica& replica = replicas_[address];
    replica.address = address;
    if (!replica.server)
      replica.server = std::make_unique<net::Server>(
          loop_, net::ServerOptions{.internal = true}, budget_,
          [this, &replica](net::ExchangePtr exchange) { on_request(replica, std::move(exchange)); });
    replica.server->accept(theirs);
    return std::make_unique<net::Channel>(loop_, ours, net::ChannelOptions{}, budget_);
  }

  void on_request(Replica& replica, net::ExchangePtr exchange) {
    const std::string target = exchange->request().target;
    if (target == net::wire::kSlots) {
      exchange->start(200, {});
      replica.control.push_back(std::move(exchange));
      return;
    }
    requests.push_back(exchange->request());
    asked.push_back(replica.address);
    if (const auto answer = answers.find(target); answer != answers.end())
      answer->second(std::move(exchange));
    else
      waiting.push_back(std::move(exchange));
  }

  // The replica's process dies: its connections break, and nobody listens any more.
  void kill_replica(const std::string& address) {
    unreachable_ = true;
    waiting.clear();
    replicas_.erase(address);
    loop_.poll();
  }

  void advance(Duration by) {
    clock_.advance(by);
    loop_.poll();
  }

  static Answer json(std::string body) {
    return [body](const net::ExchangePtr& exchange) {
      net::Response response{.body = body};
      response.headers = {{"content-type", "application/json"}, {"x-manta-queue", "1"}};
      exchange->respond(std::move(response));
    };
  }

  std::unique_ptr<RawClient> client() { return std::make_unique<RawClient>(loop_, *server_); }
  std::string ask(std::string_view text) { return client()->ask(text); }
  std::string metric(std::string_view line_start) {
    const std::string text = "\n" + metrics_.text();
    const auto at = text.find("\n" + std::string(line_start));
    if (at == std::string::npos) return "";
    return text.substr(at + 1, text.find('\n', at + 1) - at - 1);
  }

  // Tests of deployments in the proxy say how to start one.
  StartHosted start_hosted() {
    return [this](const spec::ReplicaSet& set, std::function<void()> on_change) {
      return host ? host(set, std::move(on_change)) : nullptr;
    };
  }

  StartHosted host;
  std::map<std::string, Answer> answers;
  std::vector<net::Request> requests;     // as the replicas saw them
  std::vector<std::string> asked;         // the addresses of the replicas that saw them
  std::vector<net::ExchangePtr> waiting;  // not answered yet

  VirtualClock clock_;
  Loop loop_{clock_};
  Metrics metrics_;
  Logger logger_{{.component = "test", .level = LogLevel::Error, .async = false}};
  net::ReceiveBudget budget_;
  routing::QueueCounts counts_;
  ShadowCounts shadow_counts_;
  RoutingView view_;
  bool unreachable_ = false;
  std::map<std::string, Replica> replicas_;
  net::BodyBuffers bodies_{loop_};
  routing::Dispatchers dispatchers_{
      {.loop = loop_,
       .metrics = metrics_,
       .logger = logger_,
       .connect = [this](const spec::ReplicaAddress& replica) { return connect(replica.address); },
       .seed = 1,
       .handle = "proxy"},
      counts_};
  MetricsCollector collector_{loop_, metrics_, [this](const std::string& address) { return connect(address); }, {}};
  std::unique_ptr<Proxy> proxy_ = std::make_unique<Proxy>(ProxyEnvironment{.loop = loop_,
                                                                           .metrics = metrics_,
                                                                           .dispatchers = dispatchers_,
                                                                           .bodies = bodies_,
                                                                           .collector = collector_,
                                                                           .shadow_counts = shadow_counts_,
                                                                           .start_hosted = start_hosted()},
                                                          ProxySettings{.seed = 7});
  std::unique_ptr<net::Server> server_ = std::make_unique<net::Server>(
      loop_, net::ServerOptions{}, budget_, [this](net::ExchangePtr exchange) { proxy_->handle(std::move(exchange)); });
};

}  // namespace manta::ingress
