#include <manta/detail/json.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "unit/codec/payloads.h"

namespace manta::detail {
namespace {

using test::Answer;
using test::Numbers;
using testing::HasSubstr;

template <class T>
std::string error_of_json(std::string_view text) {
  const Result<T> value = from_json<T>(text);
  return value ? "" : value.error().message;
}

TEST(JsonTest, AMissingKeyKeepsTheInitialiser) {
  const auto answer = from_json<Answer>(R"({"sources":[{"text":"a"}]})");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->answer, "none");
  EXPECT_EQ(answer->colour, test::Colour::Green);
  EXPECT_EQ(answer->sources.at(0).score, 0.5);
}

TEST(JsonTest, WritesMembersInTheOrderOfTheDescription) {
  const Answer answer{.answer = "a \"b\"\n", .sources = {{"x", 1}}, .best = {}, .counts = {{"k", 2}}};
  EXPECT_EQ(
      to_json(answer).value(),
      R"({"answer":"a \"b\"\n","sources":[{"text":"x","score":1.0}],"best":null,"counts":{"k":2},"colour":"Green"})");
}

TEST(JsonTest, AppendsToText) {
  std::string text = "data: ";
  EXPECT_TRUE(append_json(text, std::string("a \"b\"")));
  EXPECT_TRUE(append_json(text, std::vector<int>{1, 2}));
  EXPECT_EQ(text, R"(data: "a \"b\""[1,2])");
}

TEST(JsonTest, WhatIsRefusedIsNotAppended) {
  std::string text = "data: ";
  const auto appended = append_json(text, std::vector<std::string>{"fine", "\xff"});
  ASSERT_FALSE(appended);
  EXPECT_THAT(appended.error().message, HasSubstr("UTF-8"));
  EXPECT_EQ(text, "data: ");
}

TEST(JsonTest, AnUnknownKeyNamesItselfItsPathAndTheNearest) {
  const auto answer = from_json<Answer>(R"({"sources":[{"text":"a"},{"txt":"b"}]})");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(answer.error().message, "$.sources[1].txt: unknown key 'txt'; did you mean 'text'?");
  EXPECT_EQ(answer.error().detail, "$.sources[1].txt");
}

struct BadJson {
  const char* text;
  const char* message;
};

TEST(JsonTest, AWrongTypeNamesPathExpectedAndFound) {
  const BadJson cases[] = {
      {R"({"sources":[{"text":"a"},{"text":1}]})", "$.sources[1].text: expected a string, found a number"},
      {R"({"sources":{}})", "$.sources: expected an array, found an object"},
      {R"({"answer":null})", "$.answer: expected a string, found null"},
      {R"({"best":[]})", "$.best: expected an object, found an array"},
      {R"({"counts":{"a b":"x"}})", "$.counts[\"a b\"]: expected an integer, found a string"},
      {R"({"counts":{"a":1.5}})", "$.counts.a: expected an integer, found a number with a fraction"},
      {R"({"colour":"Grean"})", "$.colour: unknown value 'Grean'; did you mean 'Green'?"},
      {R"({"colour":"Yellow"})", "$.colour: unknown value 'Yellow'; known: Red, Green, Blue"},
      {R"({"answer":"a","answer":"b"})", "$.answer: key given twice"},
      {R"({"counts":{"a":1,"a":2}})", "$.counts.a: key given twice"},
      {R"([])", "$: expected an object, found an array"},
      {R"({"zzz":1})", "$.zzz: unknown key 'zzz'; known: answer, sources, best, counts, colour"},
  };
  for (const BadJson& bad : cases) EXPECT_EQ(error_of_json<Answer>(bad.text), bad.message) << bad.text;
}

TEST(JsonTest, BrokenTextSaysWhatIsWrongAndWhere) {
  const BadJson cases[] = {
      {"", "the text is empty"},
      {" \n", "the text is empty"},
      {"{\n  \"answer\": \"a\"\n  \"best\": null}", "expected ',' or '}' at line 3, column 3"},
      {"{\"answer\":}", "expected a value at line 1, column 11"},
      {"{\"answer\":\"a\",}", "a comma before the end at line 1, column 15"},
      {"{'answer':1}", "expected a key in double quotes at line 1, column 2"},
      {"{\"answer\" 1}", "expected ':' after the key"},
      {"{\"answer\":\"a", "a string without an end at line 1, column 11"},
      {"{\"answer\":\"\\q\"}", "an unknown escape"},
      {"{\"answer\":\"\\u12\"}", "four hexadecimal digits"},
      {"{\"answer\":\"a\tb\"}", "a control character"},
      {"{\"answer\":\"\xff\"}", "not UTF-8"},
      {"{\"counts\":{\"a\":01}}", "a number with a leading zero"},
      {"{\"counts\":{\"a\":1e999}}", "a number out of range"},
      {"{\"counts\":{\"a\":123456789012345678901234567890}}", "a number out of range at line 1, column 16"},
      {"{\"counts\":{\"a\":NaN}}", "expected a value"},
      {"{} x", "something follows the value at line 1, column 4"},
      {"[", "the text ends"},
  };
  for (const BadJson& bad : cases) {
    EXPECT_THAT(error_of_json<Answer>(bad.text), HasSubstr(bad.message)) << bad.text;
    EXPECT_THAT(error_of_json<Answer>(bad.text), HasSubstr("$: not valid JSON: ")) << bad.text;
  }
}

TEST(JsonTest, DepthIsLimited) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(from_json<Json>(nested(128)));
  EXPECT_THAT(error_of_json<Json>(std::string(128, '[') + "1"),
              HasSubstr("nested deeper than 128 at line 1, column 129"));
  EXPECT_THAT(error_of_json<Json>(nested(129)), HasSubstr("nested deeper than 128 at line 1, column 129"));
  EXPECT_FALSE(from_json<Json>(std::string(1 << 20, '[')));
}

// A string with bytes to spare is parsed where it is: what is behind its end must not matter.
TEST(JsonTest, EndsWhereTheTextEnds) {
  for (const std::string_view behind : {"34", "\"", "]", "}", ",1", "\\", ".5e9", "\xff", "[[[["}) {
    const auto before = [behind](std::string_view text) {
      std::string whole = std::string(text) + std::string(behind) + std::string(200, 'x');
      whole.resize(text.size());
      return whole;
    };
    EXPECT_EQ(from_json<int>(before("12")).value(), 12) << behind;
    EXPECT_EQ(from_json<std::string>(before(R"("a")")).value(), "a") << behind;
    EXPECT_EQ(from_json<std::vector<int>>(before("[1,2,3]")).value(), (std::vector<int>{1, 2, 3})) << behind;
    EXPECT_FALSE(from_json<std::string>(before(R"("a)"))) << behind;
    EXPECT_FALSE(from_json<std::vector<int>>(before("[1,2"))) << behind;
  }
}

TEST(JsonTest, SizeIsLimited) {
  const JsonReader reader("[1,2,3]", {.max_bytes = 6});
  EXPECT_EQ(reader.error(), "JSON of 7 bytes; the limit is 6");
}

TEST(JsonTest, IntegersAreExactOverTheirWholeRange) {
  const Numbers ends{.i8 = -128,
                     .i64 = std::numeric_limits<std::int64_t>::min(),
                     .u8 = 255,
                     .u64 = std::numeric_limits<std::uint64_t>::max()};
  EXPECT_EQ(from_json<Numbers>(to_json(ends).value()).value(), ends);
  EXPECT_EQ(from_json<std::int64_t>("9223372036854775807").value(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(from_json<int>("3.0").value(), 3);
}

TEST(JsonTest, AnIntegerThatDoesNotFitIsRefused) {
  EXPECT_EQ(error_of_json<Numbers>(R"({"i8":128})"), "$.i8: expected an integer from -128 to 127, found one beyond");
  EXPECT_EQ(error_of_json<Numbers>(R"({"u8":-1})"), "$.u8: expected an integer from 0 to 255, found one beyond");
  EXPECT_THAT(error_of_json<Numbers>(R"({"i64":9223372036854775808})"), HasSubstr("found one beyond"));
  EXPECT_THAT(error_of_json<Numbers>(R"({"u64":-1})"), HasSubstr("found one beyond"));
  EXPECT_THAT(error_of_json<Numbers>(R"({"i64":1e18})"), HasSubstr("found one beyond"));
  EXPECT_THAT(error_of_json<Numbers>(R"({"i64":1.5})"), HasSubstr("a number with a fraction"));
  EXPECT_THAT(error_of_json<Numbers>(R"({"f":1e300})"), HasSubstr("expected a number that fits"));
  EXPECT_THAT(error_of_json<Numbers>(R"({"flag":1})"), HasSubstr("expected a boolean, found a number"));
}

TEST(JsonTest, FloatsReadBackEqualAndStayFloats) {
  EXPECT_EQ(to_json(std::vector<double>{1, -0.0, 0.1, 1e300, 1694041157.2211847}).value(),
            "[1.0,-0.0,0.1,1e+300,1694041157.2211847]");
  EXPECT_EQ(to_json(0.1f).value(), "0.1");
  EXPECT_TRUE(std::signbit(from_json<double>("-0.0").value()));
}

TEST(JsonTest, NaNAndInfinitiesAreRefused) {
  EXPECT_THAT(to_json(std::nan("")).error().message, HasSubstr("NaN"));
  EXPECT_THAT(to_json(Numbers{.f = INFINITY}).error().message, HasSubstr("infinity"));
}

TEST(JsonTest, TextThatIsNotUtf8IsRefusedByTheWriter) {
  EXPECT_THAT(to_json(std::string("caf\xe9")).error().message, HasSubstr("not UTF-8"));
  EXPECT_EQ(to_json(std::string("café \x01\x7f😀")).value(), "\"café \\u0001\x7f😀\"");
}

TEST(JsonTest, UnknownKeysAreCountedWhenIgnored) {
  std::size_t ignored = 0;
  const auto answer = from_json<Answer>(
      R"({"x":{"y":[1,{}]},"sources":[{"z":1,"text":"t"}],"answer":"a","answer":"b"})", UnknownKeys::Ignore, &ignored);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(ignored, 2u);
  EXPECT_EQ(answer->sources.at(0).text, "t");
  EXPECT_EQ(answer->answer, "b");
}

TEST(JsonTest, ValidateIsCalledAndItsPathIsCompleted) {
  EXPECT_EQ(error_of_json<test::Guarded>(R"({"numbers":[{"value":1},{"value":0}]})"),
            "$.numbers[1].value: must be above 0");
  EXPECT_EQ(error_of_json<test::Guarded>(R"({"name":{"text":"long text"}})"), "$.name: must be short");
}

TEST(JsonTest, ATupleIsAnArrayOfExactlyItsSize) {
  using Arguments = std::tuple<int, std::string>;
  EXPECT_EQ(from_json<Arguments>(R"([1,"a"])").value(), Arguments(1, "a"));
  EXPECT_EQ(error_of_json<Arguments>(R"([1])"), "$: expected an array of 2, found one of 1");
  EXPECT_EQ(error_of_json<Arguments>(R"([1,"a",2])"), "$: expected an array of 2, found a longer one");
  EXPECT_EQ(error_of_json<Arguments>(R"([1,2])"), "$[1]: expected a string, found a number");
}

TEST(JsonTest, AVariantIsChosenByTheKindOfTheValue) {
  using Stop = std::variant<std::monostate, std::string, std::vector<std::string>>;
  EXPECT_EQ(from_json<Stop>("null").value().index(), 0u);
  EXPECT_EQ(std::get<1>(from_json<Stop>(R"("x")").value()), "x");
  EXPECT_EQ(std::get<2>(from_json<Stop>(R"(["x","y"])").value()).size(), 2u);
  EXPECT_EQ(error_of_json<Stop>("1"), "$: expected null or a string or an array, found a number");
}

TEST(JsonTest, EmptyOptionalsAreLeftOutWhereTheStructSaysSo) {
  EXPECT_EQ(to_json(test::Sparse{.id = 1}).value(), R"({"id":1})");
  EXPECT_EQ(to_json(test::Sparse{.id = 1, .name = "n"}).value(), R"({"id":1,"name":"n"})");
}

TEST(JsonTest, ABlobIsBase64) {
  EXPECT_EQ(to_json(Blob{std::string("\x00\xff\x10", 3)}).value(), R"("AP8Q")");
  EXPECT_EQ(from_json<Blob>(R"("AP8Q")").value().data, std::string("\x00\xff\x10", 3));
  EXPECT_THAT(error_of_json<Blob>(R"("AP8")"), HasSubstr("expected bytes (base64 text in JSON), found a string"));
}

TEST(JsonTest, ATensorIsNumbersUnderItsShape) {
  const auto tensor = from_json<Tensor>(R"({"data":[1,2.5],"shape":[2,1],"dtype":"F32"})");
  ASSERT_TRUE(tensor) << tensor.error().message;
  EXPECT_EQ(tensor->data.size(), 8u);
  EXPECT_EQ(to_json(*tensor).value(), R"({"dtype":"F32","shape":[2,1],"data":[1.0,2.5]})");
  EXPECT_THAT(error_of_json<Tensor>(R"({"dtype":"U8","shape":[2],"data":[1,256]})"), HasSubstr("$.data[1]: expected"));
  EXPECT_THAT(error_of_json<Tensor>(R"({"shape":[3],"data":[1]})"), HasSubstr("$.data: expected 3 elements"));
  EXPECT_THAT(error_of_json<Tensor>(R"({"shape":[-1],"data":[]})"), HasSubstr("$.shape[0]: expected a dimension"));
  EXPECT_THAT(error_of_json<Tensor>(R"({"shape":[4294967296,4294967296,4],"data":[]})"), HasSubstr("too large"));
  EXPECT_THAT(to_json(Tensor{.dtype = Tensor::Type::U8, .shape = {2}, .data = "a"}).error().message,
              HasSubstr("tensor"));
}

TEST(JsonTest, AnyJsonPassesThroughCompacted) {
  const auto json = from_json<std::map<std::string, Json>>("{ \"a\" : [ 1 , {\"b\" : 1.0} ] }");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->at("a").text, R"([1,{"b":1.0}])");
  EXPECT_EQ(to_json(*json).value(), R"({"a":[1,{"b":1.0}]})");
  EXPECT_THAT(to_json(Json{"{"}).error().message, HasSubstr("not valid JSON"));
}

// A validate() that reads JSON itself.
struct Recursive {
  std::string text;
  Result<void> validate() const {
    const auto inner = from_json<std::vector<int>>(text);
    if (!inner) return std::unexpected(inner.error());
    return {};
  }
};
BOOST_DESCRIBE_STRUCT(Recursive, (), (text))

TEST(JsonTest, ADocumentMayBeReadWhileAnotherIsRead) {
  const auto pair = from_json<std::pair<Recursive, Recursive>>(R"([{"text":"[1,2]"},{"text":"[3]"}])");
  ASSERT_TRUE(pair) << pair.error().message;
  EXPECT_EQ(pair->second.text, "[3]");
}

}  // namespace
}  // namespace manta::detail
