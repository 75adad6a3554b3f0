#include "ingress/proxy_door.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <deque>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

#include "ingress/proxy_threads.h"
#include "net/address.h"

namespace manta::ingress {
namespace {

// A door over a listening socket of the loopback address, with takers that keep what they get.
class ProxyDoorTest : public ::testing::Test {
 protected:
  ~ProxyDoorTest() override {
    for (const int fd : clients_) ::close(fd);
    for (auto& taken : taken_)
      for (const int fd : taken) ::close(fd);
  }

  void open(std::size_t loops, std::size_t most = 100) {
    taken_.resize(loops);
    std::vector<ProxyDoor::Taker> takers;
    for (std::size_t i = 0; i < loops; ++i) takers.emplace_back([this, i](int fd) { taken_[i].push_back(fd); });
    door_ = std::make_unique<ProxyDoor>(loop_, std::move(takers), most);
    const int fd = net::listen_on({"127.0.0.1:0"}).value();
    address_ = net::local_address(fd).value();
    door_->open(fd);
  }
  void connect(int connections = 1) {
    for (int i = 0; i < connections; ++i) {
      clients_.push_back(net::connect_to(address_).value());
      loop_.poll();
    }
  }
  void end(std::size_t taker) {
    ::close(taken_[taker].front());
    taken_[taker].pop_front();
    door_->ended(taker);
    loop_.poll();
  }
  std::vector<std::size_t> spread() const {
    std::vector<std::size_t> sizes;
    for (const auto& taken : taken_) sizes.push_back(taken.size());
    return sizes;
  }

  using Sizes = std::vector<std::size_t>;
  VirtualClock clock_;
  Loop loop_{clock_};
  net::Address address_;
  std::vector<std::deque<int>> taken_;
  std::vector<int> clients_;
  std::unique_ptr<ProxyDoor> door_;
};

TEST_F(ProxyDoorTest, LoopsTakeTurns) {
  open(3);
  connect(4);
  EXPECT_EQ(spread(), (Sizes{2, 1, 1}));
  connect(5);
  EXPECT_EQ(spread(), (Sizes{3, 3, 3}));
}

TEST_F(ProxyDoorTest, TheLoopWithTheFewestConnectionsGetsTheNext) {
  open(3);
  connect(9);
  end(1);
  end(1);
  end(2);
  connect(2);
  EXPECT_EQ(spread(), (Sizes{3, 2, 3}));
  connect();
  EXPECT_EQ(spread(), (Sizes{3, 3, 3}));
  EXPECT_EQ(door_->connections(1), 3);
}

TEST_F(ProxyDoorTest, WhatIsTooManyWaitsUntilOneEndsOnAnyLoop) {
  open(2, 4);
  connect(6);
  EXPECT_EQ(spread(), (Sizes{2, 2}));
  end(1);
  EXPECT_EQ(spread(), (Sizes{2, 2}));
  end(0);
  EXPECT_EQ(spread(), (Sizes{2, 2}));
  end(0);
  EXPECT_EQ(spread(), (Sizes{1, 2})) << "nobody waits any more";
}

TEST_F(ProxyDoorTest, AClosedDoorTakesNothing) {
  const int kept = net::listen_on({"127.0.0.1:0"}).value();
  address_ = net::local_address(kept).value();
  clients_.push_back(kept);
  ProxyDoor door(loop_, {[](int fd) { ::close(fd); }}, 1);
  door.open(::dup(kept));
  door.close();
  connect();
  EXPECT_EQ(door.connections(0), 0);
  const int waiting = ::accept(kept, nullptr, nullptr);
  EXPECT_GE(waiting, 0) << "it waits for whoever holds the listening socket";
  ::close(waiting);
}

TEST(ProxyThreadsTest, AQuarterOfTheCoresUnlessTold) {
  for (const auto& [wanted, cores, threads] : std::vector<std::tuple<int, int, int>>{
           {0, 1, 1}, {0, 2, 1}, {0, 7, 1}, {0, 8, 2}, {0, 32, 8}, {0, 256, 8}, {1, 64, 1}, {3, 2, 3}, {64, 1, 64}})
    EXPECT_EQ(proxy_threads(wanted, cores), threads) << wanted << " of " << cores;
}

}  // namespace
}  // namespace manta::ingress
