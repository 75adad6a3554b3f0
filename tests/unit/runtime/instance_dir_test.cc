#include "runtime/local/instance_dir.h"

#include <gtest/gtest.h>

#include <filesystem>

#include <sys/stat.h>
#include <unistd.h>
#include "net/address.h"

namespace manta::runtime {
namespace {

namespace fs = std::filesystem;

class InstanceDirTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/manta-dir-XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder); }
  InstancePaths paths(const std::string& name = "state") const { return instance_paths(folder + "/" + name, folder); }
  std::string folder;
};

TEST_F(InstanceDirTest, SocketPathsAreShortHoweverLongTheStateFolderIs) {
  const InstancePaths deep = instance_paths("/" + std::string(300, 'x'), "/tmp");
  EXPECT_LE(deep.replica_socket("ffffffff").size(), 100u);
  EXPECT_NE(deep.run, paths().run);
}

TEST_F(InstanceDirTest, TheSameFolderHasTheSamePathsHoweverItIsWritten) {
  EXPECT_EQ(instance_paths(folder + "/a/../state/", folder).run, paths().run);
}

TEST_F(InstanceDirTest, FoldersArePrivate) {
  const auto lock = InstanceLock::acquire(paths());
  ASSERT_TRUE(lock) << lock.error().message;
  for (const std::string& path : {paths().state, paths().run, paths().run + "/r"}) {
    struct stat info{};
    ASSERT_EQ(::stat(path.c_str(), &info), 0) << path;
    EXPECT_EQ(info.st_mode & 0777, 0700u) << path;
  }
}

TEST_F(InstanceDirTest, ASecondInstanceIsRefusedAndToldWhoHasIt) {
  const auto first = InstanceLock::acquire(paths());
  const auto second = InstanceLock::acquire(paths());
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(std::to_string(::getpid())), std::string::npos) << second.error().message;
  EXPECT_TRUE(InstanceLock::acquire(paths("other")));
}

TEST_F(InstanceDirTest, SocketsOfAKilledInstanceAreCleared) {
  fs::create_directories(paths().run);
  const auto fd = net::listen_on({"unix:" + paths().agent_socket()});
  ASSERT_TRUE(fd) << fd.error().message;
  ::close(*fd);
  ASSERT_TRUE(fs::exists(paths().agent_socket()));
  const auto lock = InstanceLock::acquire(paths());
  EXPECT_FALSE(fs::exists(paths().agent_socket()));
}

TEST_F(InstanceDirTest, TheNodeKeepsItsId) {
  const auto lock = InstanceLock::acquire(paths());
  EXPECT_EQ(*node_id(paths()), *node_id(paths()));
  EXPECT_EQ(node_id(paths())->size(), 56u);
}

}  // namespace
}  // namespace manta::runtime
