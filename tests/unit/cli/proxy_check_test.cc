#include "cli/proxy_check.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/server.h"

namespace manta::cli {
namespace {

using std::chrono::seconds;

// A door on a Unix socket, under a virtual clock. Nobody accepts until serve().
class ProxyCheckTest : public testing::Test {
 protected:
  ProxyCheckTest() {
    std::string name = "/tmp/manta-door-XXXXXX";
    folder = ::mkdtemp(name.data());
    address = "unix:" + folder + "/door";
    listening = *net::listen_on({address});
    begin();
  }
  ~ProxyCheckTest() override {
    check.reset();
    ::close(listening);
    std::filesystem::remove_all(folder);
  }

  void begin() {
    check = std::make_unique<ProxyCheck>(
        loop, address, ProxyCheckOptions{.period = seconds(5), .timeout = seconds(2)},
        ProxyCheck::Events{.status = [this](std::string s) { seen.push_back(s); }, .hung = [this] { ++hung; }});
    check->begin();
    loop.poll();
  }
  void serve(int status) {
    server = std::make_unique<net::Server>(loop, net::ServerOptions{}, budget,
                                           [this, status](const net::ExchangePtr& exchange) {
                                             ++asked;
                                             EXPECT_EQ(exchange->request().target, "/-/healthz");
                                             exchange->respond({.status = status, .body = "no JSON"});
                                           });
    server->listen(::dup(listening));
    loop.poll();
  }
  void pass(Duration time) {
    const TimePoint until = clock.now() + time;
    for (auto next = loop.next_deadline(); next && *next <= until; next = loop.next_deadline()) {
      clock.advance_to(*next);
      loop.poll();
    }
    clock.advance_to(until);
    loop.poll();
  }

  std::string folder, address;
  int listening = -1;
  VirtualClock clock;
  Loop loop{clock};
  net::ReceiveBudget budget;
  std::unique_ptr<net::Server> server;
  std::unique_ptr<ProxyCheck> check;
  std::vector<std::string> seen;
  int hung = 0, asked = 0;
};

TEST_F(ProxyCheckTest, AnyAnswerIsHealthy) {
  EXPECT_EQ(seen, (std::vector<std::string>{"STARTING"}));
  serve(500);
  EXPECT_EQ(seen.back(), "HEALTHY");
  pass(seconds(5));
  EXPECT_EQ(asked, 2);
}

TEST_F(ProxyCheckTest, AProxyThatHangsIsReplacedAfterThreeFailures) {
  serve(200);
  server.reset();
  pass(seconds(5 + 2 + 1 + 2 + 1));
  EXPECT_EQ(seen.back(), "HEALTHY") << "two failures are not enough";
  EXPECT_EQ(hung, 0);
  pass(seconds(2));
  EXPECT_EQ(seen.back(), "UNHEALTHY");
  EXPECT_EQ(hung, 1);
  serve(200);
  pass(seconds(1));
  EXPECT_EQ(seen.back(), "HEALTHY");
  EXPECT_EQ(hung, 1);
}

TEST_F(ProxyCheckTest, AConnectionThatBreaksIsNoAnswer) {
  const auto hang_up = [this] {
    const int fd = ::accept(listening, nullptr, nullptr);
    ASSERT_GE(fd, 0);
    ASSERT_EQ(::send(fd, "nonsense\r\n\r\n", 12, MSG_NOSIGNAL), 12);
    ::close(fd);
    loop.poll();
    pass(seconds(1));
  };
  for (int i = 0; i < 3; ++i) hang_up();
  EXPECT_EQ(seen.back(), "UNHEALTHY");
  EXPECT_EQ(hung, 1);
}

TEST_F(ProxyCheckTest, NothingIsAskedAfterItsEnd) {
  serve(200);
  ASSERT_EQ(asked, 1);
  check.reset();
  pass(seconds(60));
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace manta::cli
