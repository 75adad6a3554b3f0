#pragma once

#include <sys/socket.h>

#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "base/task_scope.h"
#include "net/items.h"
#include "net/server.h"
#include "net/wire.h"
#include "routing/dispatcher.h"

namespace manta::routing {

// Callers against replicas that do what the test says, over socket pairs and under a virtual clock.
class RoutingFixture : public testing::Test {
 protected:
  // A replica that collects its requests; the control stream is opened by itself.
  struct FakeReplica {
    std::unique_ptr<net::Server> server;
    std::vector<net::ExchangePtr> requests;
    net::ExchangePtr slots;
    std::function<void(net::ExchangePtr)> on_request;
    int connections = 0;
    bool silent = false;  // accepts connections and answers nothing, as one that is being killed

    void notice(const std::string& json) const {
      std::string item;
      net::append_item(item, json);
      slots->write(item);
    }
  };

  FakeReplica& replica(const std::string& id) {
    FakeReplica& fake = replicas_[id];
    if (fake.server) return fake;
    fake.server = std::make_unique<net::Server>(loop, net::ServerOptions{.internal = true}, budget,
                                                [&fake](net::ExchangePtr exchange) {
                                                  if (exchange->request().target == net::wire::kSlots) {
                                                    fake.slots = exchange;
                                                    if (!fake.silent) exchange->start(200, {});
                                                  } else if (fake.on_request) {
                                                    fake.on_request(std::move(exchange));
                                                  } else {
                                                    fake.requests.push_back(std::move(exchange));
                                                  }
                                                });
    return fake;
  }

  void kill(const std::string& id) { replicas_.erase(id); }

  std::unique_ptr<net::Channel> connect(const spec::ReplicaAddress& address) {
    const auto known = replicas_.find(address.id);
    if (known == replicas_.end()) return nullptr;
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
    ++known->second.connections;
    known->second.server->accept(fds[1]);
    return std::make_unique<net::Channel>(loop, fds[0], net::ChannelOptions{}, budget);
  }

  std::unique_ptr<Dispatcher> make_dispatcher() {
    return std::make_unique<Dispatcher>(
        RouterEnvironment{.loop = loop,
                          .metrics = metrics,
                          .logger = logger,
                          .connect = [this](const spec::ReplicaAddress& address) { return connect(address); },
                          .seed = 1,
                          .handle = "test"},
        "app", "D", count, options, dispatch_options);
  }

  Dispatcher& dispatcher() {
    if (!dispatcher_) dispatcher_ = make_dispatcher();
    return *dispatcher_;
  }

  // Publishes these replicas (made if they do not exist) and lets the connections come up.
  void publish(const std::vector<std::string>& ids) {
    set.replicas.clear();
    for (const std::string& id : ids) {
      replica(id);
      set.replicas.push_back({.id = id, .max_ongoing_requests = max_ongoing});
    }
    dispatcher().update(set);
    loop.poll();
  }

  struct Sent {
    std::optional<Result<net::Response>> result;
    TaskScope::Id task = 0;
  };

  static Outbound post(const std::string& method, const std::string& body = "{}") {
    return {.method = method,
            .body = std::make_shared<const std::string>(body),
            .context = std::make_shared<RequestContext>()};
  }

  std::shared_ptr<Sent> send(Outbound request) {
    auto sent = std::make_shared<Sent>();
    sent->task = scope.spawn(run(std::move(request), sent));
    loop.poll();
    return sent;
  }

  void respond(const net::ExchangePtr& exchange, net::Response response) {
    exchange->respond(std::move(response));
    loop.poll();
  }

  void advance(Duration by) {
    const TimePoint until = clock.now() + by;
    for (auto next = loop.next_deadline(); next && *next <= until; next = loop.next_deadline()) {
      clock.advance_to(*next);
      loop.poll();
    }
    clock.advance_to(until);
    loop.poll();
  }

  static net::Response refusal(std::string_view why) {
    return {.status = 503,
            .headers = {{net::wire::kRefused, why}, {net::wire::kError, "Overloaded"}, {net::wire::kQueue, "1"}}};
  }

  VirtualClock clock;
  Loop loop{clock};
  Metrics metrics;
  Logger logger{{.component = "test", .level = LogLevel::Error, .async = false}};
  net::ReceiveBudget budget;
  std::shared_ptr<QueueCount> count = std::make_shared<QueueCount>();
  spec::ReplicaSet set{.application = "app", .deployment = "D"};
  int max_ongoing = 5;
  RouterOptions options;
  DispatchOptions dispatch_options;
  std::map<std::string, FakeReplica> replicas_;
  std::unique_ptr<Dispatcher> dispatcher_;
  TaskScope scope{loop};

 private:
  Task<void> run(Outbound request, std::shared_ptr<Sent> sent) {
    sent->result = co_await dispatcher().call(std::move(request));
  }
};

}  // namespace manta::routing
