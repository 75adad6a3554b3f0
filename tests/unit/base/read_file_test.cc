#include "base/read_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace manta {
namespace {

TEST(ReadFileTest, GivesAllBytes) {
  std::string path = "/tmp/read_file.XXXXXX";
  const int fd = ::mkstemp(path.data());
  const std::string content = std::string(100'000, 'x') + '\0' + "end";
  ASSERT_EQ(::write(fd, content.data(), content.size()), static_cast<ssize_t>(content.size()));
  ::close(fd);
  EXPECT_EQ(read_file(path), content);
  std::remove(path.c_str());
  const auto gone = read_file(path);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ErrorCode::NotFound);
  EXPECT_EQ(gone.error().message, path + ": no such file");
}

// Opens, and refuses to be read: as what belongs to a process below /proc does once that has ended.
TEST(ReadFileTest, AFolderIsToldAsOne) {
  const auto folder = read_file("/tmp");
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(folder.error().message, "/tmp: is a folder, not a file");
}

}  // namespace
}  // namespace manta
