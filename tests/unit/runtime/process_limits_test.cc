#include "runtime/local/process_limits.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <unistd.h>

namespace manta::runtime {
namespace {

namespace fs = std::filesystem;
using Cpus = std::vector<int>;

TEST(CpuSetsTest, WholeNumbersGetCpusOfTheirOwn) {
  CpuSets sets({3, 0, 1, 2});
  EXPECT_EQ(sets.take("a", 2), (Cpus{0, 1}));
  EXPECT_EQ(sets.take("b", 1), (Cpus{2}));
  EXPECT_EQ(sets.take("c", 1), (Cpus{3})) << "the last one is shared";
  EXPECT_EQ(sets.take("d", 0.5), (Cpus{3}));
}

TEST(CpuSetsTest, FractionsShareWhatNobodyOwns) {
  CpuSets sets({0, 1, 2, 3});
  EXPECT_EQ(sets.take("a", 0.5), (Cpus{0, 1, 2, 3}));
  EXPECT_EQ(sets.take("b", 1.5), (Cpus{0, 1, 2, 3}));
  EXPECT_EQ(sets.take("c", 0), (Cpus{0, 1, 2, 3}));
}

TEST(CpuSetsTest, GivenBackCpusAreSharedAgain) {
  CpuSets sets({0, 1, 2});
  sets.take("a", 2);
  sets.give_back("b");
  EXPECT_EQ(sets.take("c", 0.5), (Cpus{2}));
  sets.give_back("a");
  sets.give_back("a");
  EXPECT_EQ(sets.take("d", 0.5), (Cpus{0, 1, 2}));
}

TEST(CpuSetsTest, MoreThanThereAreIsAllOfThem) {
  CpuSets sets({0, 1});
  EXPECT_EQ(sets.take("a", 2), (Cpus{0, 1}));
  EXPECT_EQ(sets.take("b", 8), (Cpus{0, 1}));
}

// A folder of plain files that look like the kernel's.
class MemoryGroupsTest : public testing::Test {
 protected:
  MemoryGroupsTest() {
    std::string name = "/tmp/manta-cgroup-XXXXXX";
    root = ::mkdtemp(name.data());
    fs::create_directories(root + "/user/manta-agent");
    put("/user/cgroup.controllers", "cpu memory pids\n");
    put("/user/cgroup.subtree_control", "");
    put("/user/manta-agent/cgroup.procs", "");
  }
  ~MemoryGroupsTest() override { fs::remove_all(root); }
  void put(const std::string& path, const std::string& text) { std::ofstream(root + path) << text; }
  std::string content(const std::string& path) {
    std::ifstream file(root + path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::string root;
};

TEST_F(MemoryGroupsTest, EachReplicaGetsAGroupWithItsLimit) {
  MemoryGroups groups(root, "/user");
  ASSERT_TRUE(groups.available()) << groups.why();
  EXPECT_EQ(content("/user/cgroup.subtree_control"), "+memory");
  EXPECT_EQ(content("/user/manta-agent/cgroup.procs"), std::to_string(::getpid()));
  fs::create_directories(root + "/user/manta-1");
  put("/user/manta-1/memory.max", "");
  EXPECT_EQ(*groups.make("manta-1", 4294967296.0), root + "/user/manta-1/cgroup.procs");
  EXPECT_EQ(content("/user/manta-1/memory.max"), "4294967296");
}

TEST_F(MemoryGroupsTest, WhatIsMissingIsSaidPlainly) {
  put("/user/cgroup.controllers", "cpu pids\n");
  EXPECT_EQ(MemoryGroups(root, "/user").why(), root + "/user has no memory controller of cgroup version 2");
  EXPECT_EQ(MemoryGroups(root, "/none").why(), root + "/none has no memory controller of cgroup version 2");
  put("/user/cgroup.controllers", "memory\n");
  fs::remove(root + "/user/cgroup.subtree_control");
  EXPECT_TRUE(MemoryGroups(root, "/user").why().starts_with("the memory controller cannot be handed on in"));
}

TEST_F(MemoryGroupsTest, ALimitThatCannotBeSetIsAnError) {
  MemoryGroups groups(root, "/user");
  EXPECT_FALSE(groups.make("manta-2", 1)) << "the kernel makes memory.max, a folder of plain files has none";
}

}  // namespace
}  // namespace manta::runtime
