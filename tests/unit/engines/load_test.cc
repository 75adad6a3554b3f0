#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engines/engine.h"

namespace manta::engines {
namespace {

const std::string kEngines = MANTA_BINARY_DIR "/lib/manta/engines";

TEST(LoadEngineTest, LoadsAnEngineAndAlwaysTheSameOne) {
  const auto first = load_engine("sim", kEngines), second = load_engine("sim", kEngines);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ((*first)->name(), "sim");
  EXPECT_EQ(*first, *second);
}

TEST(LoadEngineTest, AMissingEngineNamesTheFileTheRemedyAndWhatIsThere) {
  const auto engine = load_engine("tpu", kEngines);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::NotFound);
  EXPECT_NE(engine.error().message.find(kEngines + "/libmanta_tpu.so"), std::string::npos) << engine.error().message;
  EXPECT_NE(engine.error().message.find("tools/setup"), std::string::npos) << engine.error().message;
  EXPECT_NE(engine.error().message.find("sim"), std::string::npos) << engine.error().message;
}

TEST(LoadEngineTest, RefusesANameThatIsAPath) {
  EXPECT_EQ(load_engine("../sim", kEngines).error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(load_engine("", kEngines).error().code, ErrorCode::InvalidArgument);
}

TEST(LoadEngineTest, AFileThatIsNoLibraryIsUnavailable) {
  const auto folder = std::filesystem::temp_directory_path() / ("manta_load_test_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "libmanta_bad.so") << "not a library";
  const auto engine = load_engine("bad", folder.string());
  std::filesystem::remove_all(folder);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::Unavailable);
}

}  // namespace
}  // namespace manta::engines
