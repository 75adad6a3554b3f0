#include "ingress/access_log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <string>

namespace manta::ingress {
namespace {

TEST(AccessLogTest, WritesOneLinePerRequestThatNoPathCanForge) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  {
    AccessLog log(ends[1]);
    log.add("GET", "/path?secret=1", 200, 4.14, "r1");
    log.add("PO\nST", "/a\n/b", 404, 0, "");
  }
  close(ends[1]);
  std::string text(4096, '\0');
  text.resize(static_cast<std::size_t>(read(ends[0], text.data(), text.size())));
  close(ends[0]);
  EXPECT_EQ(text, "GET /path 200 4.1ms request_id=r1\nPO?ST /a?/b 404 0.0ms\n");
}

}  // namespace
}  // namespace manta::ingress
