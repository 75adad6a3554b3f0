#include "engines/option_reader.h"

#include <gtest/gtest.h>

namespace manta::engines {
namespace {

TEST(OptionReaderTest, ReadsValuesAndDefaults) {
  const EngineOptions options = {{"threads", "4"}, {"jitter", "0.25"}, {"mmap", "false"}, {"pooling", "cls"}};
  OptionReader reader("x", options);
  EXPECT_EQ(reader.integer("threads", 1, 1, 64), 4);
  EXPECT_EQ(reader.integer("slots", 8, 1, 64), 8);
  EXPECT_EQ(reader.number("jitter", 0, 0, 1), 0.25);
  EXPECT_FALSE(reader.flag("mmap", true));
  EXPECT_EQ(reader.choice("pooling", "mean", {"mean", "cls"}), "cls");
  EXPECT_TRUE(reader.finish());
}

TEST(OptionReaderTest, NamesTheNearestKnownOption) {
  const EngineOptions options = {{"thread", "4"}};
  OptionReader reader("llama", options);
  reader.integer("threads", 1, 1, 64);
  reader.text("model", "");
  const auto result = reader.finish();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(result.error().message, "llama: unknown option 'thread'; did you mean 'threads'?");
}

TEST(OptionReaderTest, SaysWhatABadValueNeeds) {
  struct Case {
    std::string value, message;
  };
  for (const Case& c : {Case{"0", "llama: option 'threads' is '0', needs a whole number from 1 to 64"},
                        Case{"4x", "llama: option 'threads' is '4x', needs a whole number from 1 to 64"},
                        Case{"", "llama: option 'threads' is '', needs a whole number from 1 to 64"}}) {
    const EngineOptions options = {{"threads", c.value}};
    OptionReader reader("llama", options);
    reader.integer("threads", 1, 1, 64);
    EXPECT_EQ(reader.finish().error().message, c.message);
  }
}

TEST(OptionReaderTest, RefusesNotANumber) {
  const EngineOptions options = {{"jitter", "nan"}};
  OptionReader reader("sim", options);
  reader.number("jitter", 0, 0, 1);
  EXPECT_FALSE(reader.finish());
}

TEST(OptionReaderTest, ReportsAMissingRequiredOption) {
  const EngineOptions options;
  OptionReader reader("llama", options);
  reader.required("model", "the path of a GGUF file");
  EXPECT_EQ(reader.finish().error().message, "llama: option 'model' is missing: the path of a GGUF file");
}

}  // namespace
}  // namespace manta::engines
