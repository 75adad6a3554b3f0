#include <algorithm>
#include <array>
#include <random>

#include <gtest/gtest.h>

#include "codec/base64.h"
#include "codec/json_text.h"
#include "codec/nearest.h"
#include "codec/sha256.h"

namespace manta::codec {
namespace {

TEST(Base64Test, MatchesTheVectorsOfTheRfc) {
  const std::array<std::array<const char*, 2>, 7> vectors{{{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64(bytes), text);
    std::string decoded;
    EXPECT_TRUE(decode_base64(text, decoded));
    EXPECT_EQ(decoded, bytes);
  }
}

TEST(Base64Test, RefusesWhatIsNotCanonical) {
  std::string bytes;
  for (const char* text : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zg==Zg==", "Zm 9v", "Zm9-", "=Zm9"})
    EXPECT_FALSE(decode_base64(text, bytes)) << text;
}

TEST(NearestTest, FindsTheNameThatWasMeant) {
  constexpr std::array<std::string_view, 4> known{"num_replicas", "name", "max_ongoing_requests", "memory"};
  EXPECT_EQ(nearest("num_replica", known), "num_replicas");
  EXPECT_EQ(nearest("nmae", known), "name");
  EXPECT_EQ(nearest("max_ongoing", known), "max_ongoing_requests");
  EXPECT_EQ(nearest("frobnicate", known), "");
  EXPECT_EQ(nearest(std::string(100'000, 'x'), known), "");
}

TEST(NearestTest, CountsSwappedNeighboursOnce) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("ab", "ba"), 1u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(JsonTextTest, BytesThatAreNotUtf8AreReplacedOnlyWhereTheTextMustAppear) {
  detail::GrowingText out("x");
  EXPECT_FALSE(append_json_string(out, "a\xff"));
  EXPECT_EQ(out.take(), "x");
  EXPECT_EQ(json_quoted("a\xff\"é\xe2\x82"), "\"a\xEF\xBF\xBD\\\"é\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

TEST(GrowingTextTest, KeepsWhatIsInItWhileItGrows) {
  for (const std::size_t room : {0UL, 1UL, 15UL, 100UL}) {
    detail::GrowingText out(room);
    std::string expected;
    for (std::size_t size = 0; size < 300; size += 7) {
      const std::string piece(size, static_cast<char>('a' + size % 26));
      out.append(piece);
      out.push('-');
      expected += piece + "-";
      EXPECT_EQ(out.view(), expected);
    }
    EXPECT_EQ(out.take(), expected);
  }
}

TEST(GrowingTextTest, OnlyWhatHasAnEndCounts) {
  detail::GrowingText out("head");
  char* const at = out.room(100);
  std::fill_n(at, 100, 'x');
  EXPECT_EQ(out.view(), "head");
  out.end_at(at + 3);
  EXPECT_EQ(out.view(), "headxxx");
  out.cut_to(2);
  EXPECT_EQ(out.take(), "he");
}

TEST(JsonTextTest, EveryByteBelowSpaceIsEscapedAtEveryPlace) {
  for (int c = 1; c < 0x20; ++c)
    for (std::size_t at = 0; at < 17; ++at) {
      std::string text(17, 'x');
      text[at] = static_cast<char>(c);
      const std::string quoted = json_quoted(text);
      for (const char q : quoted) EXPECT_GE(q, 0x20);
      EXPECT_EQ(quoted.substr(1, at), std::string(at, 'x'));
    }
}

// One place after the other in a text that is longer than what is looked at in one go.
TEST(JsonTextTest, WhatNeedsAnEscapeIsFoundAtEveryPlaceOfALongText) {
  const std::array<std::array<std::string_view, 2>, 5> cases{
      {{"\"", "\\\""}, {"\\", "\\\\"}, {"\n", "\\n"}, {"\x7f", "\x7f"}, {"é", "é"}}};
  for (const auto& [plain, escaped] : cases)
    for (std::size_t at = 0; at <= 200; ++at) {
      const std::string before(at, 'x'), after(200 - at, 'y');
      detail::GrowingText out("[");
      EXPECT_TRUE(append_json_string(out, before + std::string(plain) + after));
      EXPECT_EQ(out.take(), "[\"" + before + std::string(escaped) + after + "\"") << "at " << at;
    }
}

TEST(JsonTextTest, ABrokenCharacterIsFoundAtEveryPlaceOfALongText) {
  for (const char* const beside : {"", "\"", "é"})
    for (std::size_t at = 0; at <= 200; ++at) {
      detail::GrowingText out("[");
      EXPECT_FALSE(append_json_string(out, std::string(at, 'x') + "\xc3" + std::string(200 - at, 'y') + beside));
      EXPECT_EQ(out.take(), "[");
    }
}

TEST(Sha256Test, MatchesKnownDigests) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256().update("a").update("bc").hex(), sha256_hex("abc"));
}

TEST(Sha256Test, FieldsDoNotRunIntoEachOther) {
  EXPECT_NE(fingerprint({"ab", "c"}), fingerprint({"a", "bc"}));
  EXPECT_NE(fingerprint({"ab"}), fingerprint({"ab", ""}));
  EXPECT_EQ(fingerprint({"ab", "c"}), Sha256().field("ab").field("c").hex());
}

}  // namespace
}  // namespace manta::codec
