#include "runtime/local/spawn.h"

#include <gtest/gtest.h>

#include <array>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace manta::runtime {
namespace {

int exit_code_of(const std::string& script, std::vector<int> inherited = {}) {
  const auto pid = spawn({.program = "/bin/sh",
                          .argv = {"sh", "-c", script},
                          .environment = {"PATH=/usr/bin:/bin", "A=1"},
                          .inherited = std::move(inherited)});
  if (!pid) return -1;
  int status = 0;
  ::waitpid(*pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(SpawnTest, GivesExactlyTheEnvironmentItIsTold) {
  EXPECT_EQ(exit_code_of("test \"$A\" = 1 && test -z \"$HOME\""), 0);
}

TEST(SpawnTest, InheritedDescriptorsAreNumberedFromThreeAndNoOtherIsLeft) {
  std::array<int, 2> first{}, second{};
  ASSERT_EQ(::pipe2(first.data(), O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(second.data(), O_CLOEXEC), 0);
  EXPECT_EQ(exit_code_of("echo a >&3 && echo b >&4 && ! { true >&5; } 2>/dev/null", {first[1], second[1]}), 0);
  char byte = 0;
  EXPECT_EQ(::read(first[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'a');
  EXPECT_EQ(::read(second[0], &byte, 1), 1);
  EXPECT_EQ(byte, 'b');
  for (const int fd : {first[0], first[1], second[0], second[1]}) ::close(fd);
}

TEST(SpawnTest, TheChildHasAProcessGroupOfItsOwn) {
  EXPECT_EQ(exit_code_of("test \"$(ps -o pgid= -p $$ | tr -d ' ')\" = $$"), 0);
}

TEST(SpawnTest, EnvironmentChangesWin) {
  EXPECT_EQ(environment_with({"A=1", "AB=2"}, {{"A", "3"}}), (std::vector<std::string>{"AB=2", "A=3"}));
}

}  // namespace
}  // namespace manta::runtime
