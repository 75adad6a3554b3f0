#include "net/address.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

namespace manta::net {
namespace {

TEST(AddressTest, ParsesTheThreeForms) {
  for (const auto* text : {"unix:/run/x.sock", "127.0.0.1:8000", "[::1]:8000", "localhost:80"})
    EXPECT_TRUE(Address::parse(text).has_value()) << text;
}

TEST(AddressTest, NamesAMemberOfASharedSocketBehindAHash) {
  const auto member = Address::parse("unix:/run/x.sock#Embed"), alone = Address::parse("127.0.0.1:8000");
  ASSERT_TRUE(member && alone);
  EXPECT_EQ(member->text, "unix:/run/x.sock");
  EXPECT_EQ(member->member, "Embed");
  EXPECT_EQ(alone->member, "");
}

TEST(AddressTest, RefusesOthersAndSaysWhatToWrite) {
  for (const std::string& text :
       {std::string("8000"), std::string("host:1"), std::string("1.2.3.4:70000"), std::string("unix:"),
        std::string("[::g]:1"), std::string("1.2.3.4:"), "unix:/" + std::string(100, 'x')}) {
    const auto address = Address::parse(text);
    ASSERT_FALSE(address.has_value()) << text;
    EXPECT_TRUE(address.error().message.contains("127.0.0.1:8000"));
  }
}

TEST(AddressTest, SaysWhenThePortIsTaken) {
  const auto first = listen_on(Address{"127.0.0.1:0"});
  const auto address = local_address(first.value()).value();
  const auto second = listen_on(address);
  ASSERT_FALSE(second.has_value());
  EXPECT_TRUE(second.error().message.contains(address.text));
  EXPECT_TRUE(second.error().message.contains("another process listens"));
  ::close(*first);
}

TEST(AddressTest, ReplacesTheSocketFileOfADeadServerButNotOfALivingOne) {
  const auto path = std::filesystem::temp_directory_path() / ("manta-address-" + std::to_string(::getpid()));
  const Address address{"unix:" + path.string()};
  const auto first = listen_on(address);
  ASSERT_TRUE(first.has_value());
  EXPECT_FALSE(listen_on(address).has_value());
  ::close(*first);
  const auto second = listen_on(address);
  EXPECT_TRUE(second.has_value()) << second.error().message;
  ::close(*second);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace manta::net
