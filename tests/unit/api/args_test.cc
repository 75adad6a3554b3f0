#include <manta/args.h>

#include <gtest/gtest.h>

namespace manta {
namespace {

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Exception& exception) {
    return std::string(name(exception.code())) + ": " + exception.what();
  }
  return "no exception";
}

TEST(ArgsTest, ConvertsToWhateverIsAsked) {
  const Args args = Args::parse(R"({"model": "m.onnx", "count": 3, "list": ["a", "b"]})");
  const std::string model = args.at("model");
  const int count = args.at("count");
  const std::vector<std::string> list = args.at("list");
  EXPECT_EQ(model, "m.onnx");
  EXPECT_EQ(count, 3);
  EXPECT_EQ(list, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(args.get<double>("count"), 3.0);
}

TEST(ArgsTest, GivesTheFallbackOfItsOwnTypeWhenMissing) {
  const Args args = Args::parse(R"({"docs": "here"})");
  EXPECT_EQ(args.get("docs", "there"), "here");
  EXPECT_EQ(args.get("model", "m"), "m");
  EXPECT_EQ(args.get("count", 7), 7);
}

TEST(ArgsTest, AMissingKeyIsNamedWithTheGivenOnes) {
  const Args args = Args::parse(R"({"docs": "d", "count": 1})");
  EXPECT_EQ(message_of([&] { args.at("model"); }),
            "InvalidArgument: argument 'model' is missing; given: count, docs. Set it under `args` of the application");
}

TEST(ArgsTest, AWrongTypeNamesTheArgument) {
  const Args args = Args::parse(R"({"count": "many"})");
  EXPECT_TRUE(message_of([&] { args.get<int>("count"); }).starts_with("InvalidArgument: argument 'count': "))
      << message_of([&] { args.get<int>("count"); });
}

TEST(ArgsTest, TextThatIsNoObjectIsRefused) {
  EXPECT_TRUE(message_of([] { Args::parse("[1]"); }).starts_with("InvalidArgument: application arguments: "));
}

}  // namespace
}  // namespace manta
