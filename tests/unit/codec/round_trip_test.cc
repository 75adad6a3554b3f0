#include <random>

#include <gtest/gtest.h>

#include <manta/detail/json.h>
#include <manta/detail/msgpack.h>
#include <manta/detail/transcode.h>

#include "unit/codec/payloads.h"

namespace manta::detail {
namespace {

using namespace test;

// Random values from a seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::size_t below(std::size_t n) { return engine_() % n; }
  // All widths: small numbers are as frequent as large ones.
  std::uint64_t bits() { return engine_() >> below(64); }
  template <class T>
  T integer() {
    return static_cast<T>(below(2) ? bits() : ~bits());
  }
  double number() {
    const auto value = std::bit_cast<double>(engine_());
    return std::isfinite(value) ? value : static_cast<double>(integer<std::int64_t>());
  }
  std::string text() {
    static const std::vector<std::string> pieces{"a", "\"", "\\", "\n",         std::string(1, '\0'),
                                                 "é", "€",  "😀", "plain text", "\x1f\x7f"};
    std::string text;
    for (std::size_t n = below(12); n > 0; --n) text += pieces[below(pieces.size())];
    return text;
  }
  std::string bytes() {
    std::string bytes;
    for (std::size_t n = below(300); n > 0; --n)
      bytes.push_back(static_cast<char>(static_cast<std::uint8_t>(below(256))));
    return bytes;
  }

  Numbers numbers() {
    return {integer<std::int8_t>(),
            integer<std::int64_t>(),
            integer<std::uint8_t>(),
            integer<std::uint64_t>(),
            integer<int>(),
            static_cast<float>(below(1000)) / 7,
            number(),
            below(2) == 0};
  }
  Source source() { return {text(), number()}; }
  Answer answer() {
    Answer answer{.answer = text(), .sources = {}, .best = {}, .counts = {}};
    for (std::size_t n = below(20); n > 0; --n) answer.sources.push_back(source());
    if (below(2)) answer.best = source();
    for (std::size_t n = below(20); n > 0; --n) answer.counts[text()] = integer<int>();
    answer.colour = static_cast<Colour>(below(3));
    return answer;
  }
  Tensor tensor() {
    Tensor tensor{.dtype = Tensor::Type::I64, .shape = {static_cast<std::int64_t>(below(4)), 2}, .data = {}};
    for (std::int64_t i = 0; i < tensor.shape[0] * 2; ++i) {
      const auto value = integer<std::int64_t>();
      tensor.data.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    return tensor;
  }
  Everything everything() {
    Everything all{
        .numbers = numbers(), .tuple = {integer<int>(), text(), true}, .blob = {bytes()}, .tensor = tensor()};
    for (std::size_t n = below(5); n > 0; --n) all.answers.push_back(answer());
    for (int& i : all.triple) i = integer<int>();
    for (std::size_t n = below(5); n > 0; --n) all.words[text()].push_back(text());
    for (std::size_t n = below(20); n > 0; --n) all.flags.push_back(below(2) == 0);
    switch (below(4)) {
      case 0:
        all.choice = text();
        break;
      case 1:
        all.choice = std::vector<std::string>{text()};
        break;
      case 2:
        all.choice = integer<std::int64_t>();
        break;
      default:
        all.choice = number();
    }
    all.json.text = to_json(source()).value();
    return all;
  }

 private:
  std::mt19937_64 engine_;
};

class RoundTripTest : public testing::TestWithParam<int> {};

TEST_P(RoundTripTest, RandomValuesComeBackEqualInBothFormats) {
  Random random(static_cast<std::uint64_t>(GetParam()));
  for (int i = 0; i < 100; ++i) {
    const Everything value = random.everything();
    const std::string json = to_json(value).value();
    const auto from_text = from_json<Everything>(json);
    ASSERT_TRUE(from_text) << from_text.error().message << "\n" << json;
    EXPECT_EQ(*from_text, value) << json;
    const auto from_bytes = from_msgpack<Everything>(to_msgpack(value).value());
    ASSERT_TRUE(from_bytes) << from_bytes.error().message;
    EXPECT_EQ(*from_bytes, value) << json;
  }
}

TEST_P(RoundTripTest, TranscodingThereAndBackChangesNothing) {
  Random random(static_cast<std::uint64_t>(GetParam()) + 1000);
  for (int i = 0; i < 50; ++i) {
    const std::string json = to_json(random.everything()).value();
    EXPECT_EQ(msgpack_to_json(json_to_msgpack(json).value()).value(), compact_json(json).value());
  }
}

// What one format can hold the other can too, to the last level, whatever stands there.
TEST(DepthTest, BothFormatsAllowTheSameDepth) {
  for (const std::string_view innermost : {"1", "[]", "{}", "[1]", R"({"a":1})"}) {
    for (std::size_t depth = 120; depth < 135; ++depth) {
      const std::string json = std::string(depth, '[').append(innermost) + std::string(depth, ']');
      const std::string bytes = std::string(depth, '\x91') + json_to_msgpack(innermost).value();
      EXPECT_EQ(compact_json(json).has_value(), msgpack_to_json(bytes).has_value()) << depth << innermost;
      EXPECT_EQ(compact_json(json).has_value(), json_to_msgpack(json).has_value()) << depth << innermost;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RoundTripTest, testing::Range(0, 8));

}  // namespace
}  // namespace manta::detail
