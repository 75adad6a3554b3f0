#pragma once

#include <sys/socket.h>

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <manta/detail/json.h>

#include "base/log.h"
#include "base/loop.h"
#include "base/metrics.h"
#include "net/channel.h"
#include "replica/loop_compute.h"
#include "replica/replica_server.h"
#include "spec/error_reply.h"
#include "unit/replica/test_servable.h"

namespace manta::replica {

// A loop under a clock that moves when told.
class LoopTest : public ::testing::Test {
 protected:
  // Everything that falls due on the way happens at its time.
  void advance(Duration by) {
    const TimePoint until = clock.now() + by;
    for (auto next = loop.next_deadline(); next && *next <= until; next = loop.next_deadline()) {
      clock.advance_to(*next);
      loop.poll();
    }
    clock.advance_to(until);
    loop.poll();
  }

  VirtualClock clock;
  Loop loop{clock};
  Metrics metrics;
  Logger logger{{.component = "test", .level = static_cast<LogLevel>(99), .async = false}};
};

// A replica "app#D#1" of an object of class `Object`, and a caller on a connection of its own.
template <class Object>
class ReplicaTest : public LoopTest {
 protected:
  // `make` gives the object instead of make_object().
  void start(MakeServable make = nullptr) {
    options.application = "app";
    options.deployment = "D";
    options.id = "app#D#1";
    if (!make)
      make = [this]() -> Result<std::unique_ptr<Servable>> {
        auto made = make_object();
        object = made.get();
        return made;
      };
    server = std::make_unique<ReplicaServer>(loop, compute, metrics, logger, budget, options, std::move(make));
    server->on_state([this](const spec::ReplicaState& state) { states += state.state + " "; });
    server->start();
    int fds[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
    server->accept(fds[1]);
    channel = std::make_unique<net::Channel>(loop, fds[0], net::ChannelOptions{}, budget);
    loop.poll();
  }
  virtual std::unique_ptr<Object> make_object() = 0;

  std::unique_ptr<net::ClientCall> call(const std::string& path, net::Headers headers = {},
                                        const std::string& body = "{}") {
    const auto sent = body.empty() ? nullptr : std::make_shared<const std::string>(body);
    auto started = channel->start({.path = path, .headers = &headers, .body = sent}, [] {});
    loop.poll();
    return started;
  }
  static spec::ErrorBody error_in(net::ClientCall& call) {
    return detail::from_json<spec::ErrorReply>(call.body()).value_or(spec::ErrorReply{}).error;
  }

  LoopCompute compute{loop};
  net::ReceiveBudget budget;
  ReplicaOptions options;
  Object* object = nullptr;  // once it is made
  std::string states;
  std::unique_ptr<ReplicaServer> server;
  std::unique_ptr<net::Channel> channel;
};

// One whose methods do what the tests need.
class ReplicaServerTest : public ReplicaTest<TestServable> {
 protected:
  std::unique_ptr<TestServable> make_object() override { return std::make_unique<TestServable>(loop, destroyed); }

  int destroyed = 0;
};

}  // namespace manta::replica
