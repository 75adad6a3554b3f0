#include "cli/environment.h"

#include <gtest/gtest.h>

namespace manta::cli {
namespace {

TEST(EnvironmentTest, FindsAValueByItsWholeName) {
  const Environment environment({"AB=2", "A=1=x", "EMPTY="});
  EXPECT_EQ(environment.get("A"), "1=x");
  EXPECT_EQ(environment.get("EMPTY"), "");
  EXPECT_EQ(environment.get("B"), std::nullopt);
}

TEST(EnvironmentTest, TheStateFolderDiffersByAdminPort) {
  EXPECT_EQ(Environment({"HOME=/home/u"}).default_state_dir(8265), "/home/u/.local/state/manta/8265");
  EXPECT_EQ(Environment({"HOME=/home/u", "XDG_STATE_HOME=/s"}).default_state_dir(1), "/s/manta/1");
}

TEST(EnvironmentTest, ARuntimeFolderThatIsTooLongForSocketsIsNotUsed) {
  EXPECT_EQ(Environment({"XDG_RUNTIME_DIR=/" + std::string(80, 'x')}).runtime_root(), "/tmp");
  EXPECT_EQ(Environment(std::vector<std::string>{}).runtime_root(), "/tmp");
}

}  // namespace
}  // namespace manta::cli
