#include <manta/detail/msgpack.h>

#include <limits>

#include <gmock/gmock.h>

#include <manta/detail/json.h>
#include <manta/detail/transcode.h>

#include "unit/codec/payloads.h"

namespace manta::detail {
namespace {

using namespace std::string_literals;
using test::Answer;
using test::Numbers;
using testing::HasSubstr;

template <class T>
std::string error_of_bytes(std::string_view bytes) {
  const Result<T> value = from_msgpack<T>(bytes);
  return value ? "" : value.error().message;
}

struct NewAnswer {
  std::string answer;
  int version = 2;
  std::vector<std::string> notes;
};
BOOST_DESCRIBE_STRUCT(NewAnswer, (), (answer, version, notes))

struct ChangedAnswer {
  std::vector<int> answer;
};
BOOST_DESCRIBE_STRUCT(ChangedAnswer, (), (answer))

TEST(MsgPackTest, FieldsOfAnotherVersionAreSkippedAndMissingOnesDefaulted) {
  const std::string bytes = to_msgpack(Answer{.answer = "a", .sources = {{"t", 1}}, .best = {}, .counts = {}}).value();
  const auto newer = from_msgpack<NewAnswer>(bytes);
  ASSERT_TRUE(newer) << newer.error().message;
  EXPECT_EQ(newer->answer, "a");
  EXPECT_EQ(newer->version, 2);
}

struct Piece {
  static constexpr bool kOmitsInitial = true;
  std::string text;
  int version = 2;
  std::vector<std::string> notes;
  Answer answer;
  bool operator==(const Piece&) const = default;
};
BOOST_DESCRIBE_STRUCT(Piece, (), (text, version, notes, answer))

TEST(MsgPackTest, MembersAsTheyAreInitialisedAreLeftOutWhereAStructAsksForIt) {
  EXPECT_EQ(to_msgpack(Piece{}).value(), "\x80"s);
  EXPECT_EQ(to_msgpack(Piece{.text = "a"}).value(), "\x81\xa4text\xa1\x61"s);
  EXPECT_EQ(to_msgpack(Piece{.version = 0}).value(), "\x81\xa7version\x00"s) << "zero is not what it begins with";
  for (const Piece& piece : {Piece{}, Piece{.text = "a"}, Piece{.version = 0, .notes = {"n"}},
                             Piece{.answer = {.answer = "b", .sources = {}, .best = {}, .counts = {}}}})
    EXPECT_EQ(from_msgpack<Piece>(to_msgpack(piece).value()).value(), piece);
}

TEST(MsgPackTest, JsonHasAllMembers) {
  EXPECT_EQ(to_json(Piece{}).value().find(R"({"text":"","version":2,"notes":[],"answer":{)"), 0u);
}

TEST(MsgPackTest, AChangedTypeIsAnErrorWithItsPath) {
  const std::string bytes = to_msgpack(Answer{}).value();
  const auto changed = from_msgpack<ChangedAnswer>(bytes);
  ASSERT_FALSE(changed);
  EXPECT_EQ(changed.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(changed.error().message, "$.answer: expected an array, found a string");
  EXPECT_EQ(changed.error().detail, "$.answer");
}

TEST(MsgPackTest, IntegersAreExactOverTheirWholeRange) {
  const Numbers ends{.i8 = -128,
                     .i64 = std::numeric_limits<std::int64_t>::min(),
                     .u8 = 255,
                     .u64 = std::numeric_limits<std::uint64_t>::max()};
  EXPECT_EQ(from_msgpack<Numbers>(to_msgpack(ends).value()).value(), ends);
  EXPECT_THAT(error_of_bytes<std::int64_t>("\xcf\xff\xff\xff\xff\xff\xff\xff\xff"), HasSubstr("found one beyond"));
  EXPECT_THAT(error_of_bytes<std::uint32_t>("\xff"), HasSubstr("found one beyond"));
  EXPECT_THAT(error_of_bytes<int>("\xcb\x3f\xf0\0\0\0\0\0\0"s), HasSubstr("expected an integer, found a number with"));
}

TEST(MsgPackTest, InfinitiesPassBetweenReplicasButNotToJson) {
  const std::string bytes = to_msgpack(std::numeric_limits<double>::infinity()).value();
  EXPECT_EQ(from_msgpack<double>(bytes).value(), std::numeric_limits<double>::infinity());
  EXPECT_THAT(msgpack_to_json(bytes).error().message, HasSubstr("infinity"));
}

TEST(MsgPackTest, BytesThatAreNotOneValueAreRefused) {
  struct Hostile {
    std::string bytes;
    const char* message;
  };
  const Hostile cases[] = {
      {"", "found nothing"},
      {"\xc1"s, "found nothing"},
      {"\x81\xa1\x61\xc0\xc0"s, "bytes after the value at byte 4"},
      {"\x81"s, "a length beyond its end"},
      {"\x81\xa1"s, "a length beyond its end"},
      {"\x81\xa3\x61"s, "it ends in the middle of a value"},
      {"\xdf\xff\xff\xff\xff"s, "a length beyond its end at byte 5"},
      {"\xdf\xff"s, "it ends in the middle"},
      {"\x81\x01\x01"s, "a key that is no string"},
      {"\x81\xa1\x61\xdb\xff\xff\xff\xff\x61"s, "it ends in the middle"},
      {"\x81\xa1\x61\xdd\xff\xff\xff\xff\x61"s, "a length beyond its end"},
      {"\x81\xa1\x61\xc9\x00\x00\x00\x09\x61"s, "it ends in the middle"},
      {"\x81\xa1\x61\xc1"s, "a reserved byte"},
      {"\x81\xa6"
       "answer\xd9"s,
       "it ends in the middle"},
      {"\x81\xa6"
       "answer\xc4\x01x"s,
       "$.answer: expected a string, found bytes"},
      {"\x81\xa6"
       "answer\xd4\x01x"s,
       "$.answer: expected a string, found an extension"},
  };
  for (const Hostile& hostile : cases)
    EXPECT_THAT(error_of_bytes<Answer>(hostile.bytes), HasSubstr(hostile.message))
        << testing::PrintToString(hostile.bytes);
}

TEST(MsgPackTest, EveryTruncationIsAnError) {
  test::Everything value;
  value.answers = {
      Answer{.answer = std::string(300, 'x'), .sources = {{"t", 1}}, .best = {}, .counts = {{"k", 70000}}}};
  value.blob.data = "blob";
  const std::string bytes = to_msgpack(value).value();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(from_msgpack<test::Everything>(std::string_view(bytes).substr(0, size))) << size;
}

TEST(MsgPackTest, DepthIsLimited) {
  EXPECT_TRUE(from_msgpack<Json>(std::string(127, '\x91') + "\x90"));
  EXPECT_THAT(error_of_bytes<Json>(std::string(200, '\x91') + "\xc0"), HasSubstr("nested too deep at byte 128"));
}

TEST(MsgPackTest, SkippingDoesNotRecurse) {
  const std::string deep = "\x81\xa1z" + std::string(1 << 20, '\x91') + "\xc0";
  EXPECT_TRUE(from_msgpack<Answer>(deep));
}

TEST(MsgPackTest, ALengthIsBelievedOnlyAsFarAsBytesAreThere) {
  // 2^32 - 1 elements announced in nine bytes: refused before anything is reserved.
  EXPECT_THAT(error_of_bytes<std::vector<Answer>>("\xdd\xff\xff\xff\xff\x80\x80\x80\x80"s),
              HasSubstr("beyond its end"));
}

TEST(MsgPackTest, BlobAndTensorAreBin) {
  EXPECT_EQ(to_msgpack(Blob{"ab"}).value(),
            "\xc4\x02"
            "ab"s);
  const Tensor tensor{.dtype = Tensor::Type::U8, .shape = {2}, .data = "ab"};
  const std::string bytes = to_msgpack(tensor).value();
  EXPECT_THAT(bytes, HasSubstr("\xa4"
                               "data\xc4\x02"
                               "ab"));
  EXPECT_EQ(from_msgpack<Tensor>(bytes).value(), tensor);
}

TEST(MsgPackTest, ATensorOfNumbersIsTakenToo) {
  const auto tensor = from_msgpack<Tensor>(json_to_msgpack(R"({"dtype":"I32","shape":[2],"data":[1,-1]})").value());
  ASSERT_TRUE(tensor) << tensor.error().message;
  EXPECT_EQ(tensor->data, "\1\0\0\0\xff\xff\xff\xff"s);
}

TEST(MsgPackTest, JsonBecomesNativeValues) {
  EXPECT_EQ(to_msgpack(Json{R"({"a":[1,null]})"}).value(),
            "\x81\xa1"
            "a\x92\x01\xc0"s);
  EXPECT_EQ(from_msgpack<Json>("\x81\xa1"
                               "a\x92\x01\xc0"s)
                .value()
                .text,
            R"({"a":[1,null]})");
}

}  // namespace
}  // namespace manta::detail
