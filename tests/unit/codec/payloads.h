#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>

#include <manta/error.h>
#include <manta/tensor.h>

// Structs that the codec tests share.
namespace manta::test {

enum class Colour { Red, Green, Blue };
BOOST_DESCRIBE_ENUM(Colour, Red, Green, Blue)

struct Source {
  std::string text;
  double score = 0.5;
  bool operator==(const Source&) const = default;
};
BOOST_DESCRIBE_STRUCT(Source, (), (text, score))

struct Answer {
  std::string answer = "none";
  std::vector<Source> sources;
  std::optional<Source> best;
  std::map<std::string, int> counts;
  Colour colour = Colour::Green;
  bool operator==(const Answer&) const = default;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (answer, sources, best, counts, colour))

struct Numbers {
  std::int8_t i8 = 0;
  std::int64_t i64 = 0;
  std::uint8_t u8 = 0;
  std::uint64_t u64 = 0;
  int count = 7;
  float f = 0;
  double d = 0;
  bool flag = false;
  bool operator==(const Numbers&) const = default;
};
BOOST_DESCRIBE_STRUCT(Numbers, (), (i8, i64, u8, u64, count, f, d, flag))

struct Everything {
  Numbers numbers;
  std::vector<Answer> answers;
  std::array<int, 3> triple{};
  std::map<std::string, std::vector<std::string>> words;
  std::tuple<int, std::string, bool> tuple;
  std::variant<std::monostate, std::string, std::vector<std::string>, std::int64_t, double> choice;
  std::vector<bool> flags;
  Blob blob;
  Tensor tensor;
  Json json;
  bool operator==(const Everything&) const = default;
};
BOOST_DESCRIBE_STRUCT(Everything, (), (numbers, answers, triple, words, tuple, choice, flags, blob, tensor, json))

struct Positive {
  int value = 1;
  Result<void> validate() const {
    if (value > 0) return {};
    return fail(ErrorCode::InvalidArgument, "must be above 0", "value");
  }
};
BOOST_DESCRIBE_STRUCT(Positive, (), (value))

struct Short {
  std::string text;
  void validate() const {
    if (text.size() > 3) throw std::runtime_error("must be short");
  }
};
BOOST_DESCRIBE_STRUCT(Short, (), (text))

struct Guarded {
  std::vector<Positive> numbers;
  Short name;
};
BOOST_DESCRIBE_STRUCT(Guarded, (), (numbers, name))

struct Sparse {
  static constexpr bool kOmitsNull = true;
  int id = 0;
  std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(Sparse, (), (id, name))

}  // namespace manta::test
