#include "cli/admin_client.h"

#include <gtest/gtest.h>

namespace manta::cli {
namespace {

TEST(AdminAddressTest, TakesWhatUsersWrite) {
  const auto url = parse_admin_address("http://localhost:9265/");
  EXPECT_EQ(url->host, "127.0.0.1");
  EXPECT_EQ(url->port, 9265);
  EXPECT_EQ(parse_admin_address("10.0.0.1:80")->host, "10.0.0.1");
  EXPECT_EQ(parse_admin_address("9265")->host, "127.0.0.1");
}

TEST(AdminAddressTest, RefusesWhatIsNoAddress) {
  for (const char* wrong :
       {"", "http://", "localhost", "localhost:", ":80", "localhost:0", "localhost:70000", "a:1x", "ray://h:10001/x"})
    EXPECT_FALSE(parse_admin_address(wrong)) << wrong;
}

}  // namespace
}  // namespace manta::cli
