#include "cli/find_instance.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "cli/instance_record.h"
#include "net/address.h"

namespace manta::cli {
namespace {

// A home of its own, in which the default state folder has a record.
class FindInstanceTest : public ::testing::Test {
 protected:
  FindInstanceTest() {
    std::string name = "/tmp/manta-home-XXXXXX";
    home = ::mkdtemp(name.data());
    std::filesystem::create_directories(state());
  }
  ~FindInstanceTest() override {
    if (listening >= 0) ::close(listening);
    std::filesystem::remove_all(home);
  }

  std::string state() const { return home + "/manta/8265"; }
  std::string socket() const { return home + "/c.sock"; }
  void note(const std::string& admin_address, const std::string& backend = kLocalBackend) {
    write_instance_record({.state = state(), .run = home}, {.pid = 17,
                                                            .node_id = "n",
                                                            .http_address = "",
                                                            .admin_address = admin_address,
                                                            .controller_socket = socket(),
                                                            .agent_socket = "",
                                                            .backend = backend});
  }
  Result<AdminTarget> find(const std::string& address = "", std::optional<int> port = std::nullopt) const {
    return find_instance(address, port, Environment({"XDG_STATE_HOME=" + home}));
  }

  std::string home;
  int listening = -1;
};

TEST_F(FindInstanceTest, WithoutARecordTheDefaultPortIsAsked) {
  EXPECT_EQ(find()->port, 8265);
  EXPECT_EQ(find()->hint, "");
}

TEST_F(FindInstanceTest, TheRecordOfALivingInstanceSaysWhichPortItGot) {
  listening = *net::listen_on({"unix:" + socket()});
  note("127.0.0.1:8266");
  EXPECT_EQ(find()->port, 8266);
}

TEST_F(FindInstanceTest, TheRecordOfADeadInstanceIsNotBelieved) {
  note("127.0.0.1:8266");
  EXPECT_EQ(find()->port, 8265);
  EXPECT_NE(find()->hint.find("process 17"), std::string::npos);
}

TEST_F(FindInstanceTest, AnInstanceOnAClusterIsAskedEvenWhileItsControllerIsStartedAgain) {
  note("127.0.0.1:8267", kRayBackend);
  EXPECT_EQ(find()->port, 8267);
}

TEST_F(FindInstanceTest, WhatIsGivenWinsOverTheRecord) {
  listening = *net::listen_on({"unix:" + socket()});
  note("127.0.0.1:8266");
  EXPECT_EQ(find("", 9000)->port, 9000);
  EXPECT_EQ(find("http://10.0.0.1:8265")->host, "10.0.0.1");
  EXPECT_FALSE(find("ray://10.0.0.1:10001"));
}

}  // namespace
}  // namespace manta::cli
