#include "api/instance_address.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace manta::api {
namespace {

namespace fs = std::filesystem;

class InstanceAddressTest : public ::testing::Test {
 protected:
  InstanceAddressTest() {
    std::string name = "/tmp/manta-address-XXXXXX";
    root = ::mkdtemp(name.data());
  }
  ~InstanceAddressTest() override { fs::remove_all(root); }

  void write(const std::string& name, const std::string& text) const {
    const fs::path path = fs::path(root) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string admin(const ClientOptions& options) const {
    const auto found = instance_address(options, root);
    return found ? found->admin : found.error().message;
  }
  bool is_secured(const ClientOptions& options) const {
    const auto found = instance_address(options, root);
    return found && found->security != nullptr;
  }

  std::string root;
};

TEST_F(InstanceAddressTest, WithoutARecordItIsTheUsualPortOrTheOneThatIsGiven) {
  EXPECT_EQ(admin({}), "127.0.0.1:8265");
  EXPECT_EQ(admin({.admin_port = 9265}), "127.0.0.1:9265");
  EXPECT_EQ(admin({.admin_host = "10.0.0.1"}), "10.0.0.1:8265");
  write("8265/agent.json", "damaged");
  EXPECT_EQ(admin({}), "127.0.0.1:8265");
}

TEST_F(InstanceAddressTest, TheRecordOfTheStateFolderNamesThePort) {
  write("8265/agent.json", R"({"pid": 1, "admin_address": "127.0.0.1:8266", "backend": "local"})");
  EXPECT_EQ(admin({}), "127.0.0.1:8266");
  EXPECT_FALSE(is_secured({}));
  write("own/agent.json", R"({"admin_address": "127.0.0.1:7000"})");
  EXPECT_EQ(admin({.state_dir = root + "/own"}), "127.0.0.1:7000");
  EXPECT_EQ(admin({.admin_port = 9265, .state_dir = root + "/own"}), "127.0.0.1:9265") << "what is given wins";
}

TEST_F(InstanceAddressTest, OnAClusterConnectionsToReplicasProveTheToken) {
  write("8265/agent.json", R"({"admin_address": "127.0.0.1:8265", "backend": "ray"})");
  EXPECT_NE(admin({}).find("cluster_token"), std::string::npos) << "it says what it cannot read";
  write("8265/cluster_token", std::string(64, 'a'));
  EXPECT_TRUE(is_secured({}));
  EXPECT_TRUE(is_secured({.admin_port = 8265}));
  EXPECT_FALSE(is_secured({.admin_port = 9265})) << "another instance";
}

TEST_F(InstanceAddressTest, CertificatesThatCannotBeReadAreNamed) {
  write("8265/cluster_token", std::string(64, 'a'));
  write("8265/agent.json", R"({"admin_address": "127.0.0.1:8265", "backend": "ray", "certificate": "/no/own.pem",
                               "key": "/no/own.key", "authority": "/no/ca.pem"})");
  EXPECT_NE(admin({}).find("/no/"), std::string::npos);
}

}  // namespace
}  // namespace manta::api
