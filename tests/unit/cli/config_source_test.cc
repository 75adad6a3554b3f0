#include "cli/config_source.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace manta::cli {
namespace {

namespace fs = std::filesystem;

class ConfigSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/manta-config-XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  void TearDown() override { fs::remove_all(folder); }
  std::string write(const std::string& name, const std::string& text) {
    std::ofstream(folder + "/" + name) << text;
    return folder + "/" + name;
  }
  std::string folder;
  Environment environment{std::vector<std::string>{"REPLICAS=3"}};
};

TEST_F(ConfigSourceTest, ImportPathsAreRelativeToTheFile) {
  write("libapp.so", "");
  const auto config =
      read_config_file(write("app.yaml", "applications:\n- import_path: ./libapp.so:build\n"), environment);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->applications[0].import_path, folder + "/libapp.so:build");
}

TEST_F(ConfigSourceTest, AMissingLibraryIsNamed) {
  const auto config =
      read_config_file(write("app.yaml", "applications:\n- import_path: ./none.so:build\n"), environment);
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message, folder +
                                        "/app.yaml:2:16: application 'default': import_path './none.so:build': "
                                        "there is no file " +
                                        folder + "/none.so");
}

TEST_F(ConfigSourceTest, AMissingLibraryIsComparedWithItsNeighbours) {
  write("libapp.so", "");
  const auto config = config_of_target(folder + "/libap.so:build", "", environment);
  ASSERT_FALSE(config);
  EXPECT_TRUE(config.error().message.ends_with("; did you mean 'libapp.so'?")) << config.error().message;
}

TEST_F(ConfigSourceTest, TellsThePlacesOfWhatIsFoundWrongLater) {
  const std::string path =
      write("app.yaml", "applications:\n- import_path: builtin:embed\n  deployments:\n  - name: Ebmed\n");
  spec::ConfigPlaces places;
  ASSERT_TRUE(config_of_target(path, "", environment, &places));
  EXPECT_EQ(
      places.located({.message = "no such deployment", .detail = "$.applications[0].deployments[0].name"}).message,
      path + ":4:11: no such deployment");
  EXPECT_EQ(places.located({.message = "no place"}).message, "no place");
  EXPECT_EQ(spec::ConfigPlaces().located({.message = "no file", .detail = "$.applications[0]"}).message, "no file");
}

TEST_F(ConfigSourceTest, AMissingFileIsNamed) {
  EXPECT_EQ(read_config_file(folder + "/no.yaml", environment).error().message, folder + "/no.yaml: no such file");
}

TEST_F(ConfigSourceTest, ErrorsHaveLineAndColumn) {
  const std::string path = write("bad.yaml", "applications:\n- import_pat: builtin:embed\n");
  const auto config = read_config_file(path, environment);
  ASSERT_FALSE(config);
  EXPECT_TRUE(config.error().message.starts_with(path + ":2:3:")) << config.error().message;
}

TEST_F(ConfigSourceTest, AnImportPathIsAConfigurationOfOneApplication) {
  const auto config = config_of_target("builtin:embed", R"({"model":"m"})", environment);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->applications.at(0).args, R"({"model":"m"})");
}

TEST_F(ConfigSourceTest, NamesNeedOneApplication) {
  auto config = *config_of_target("builtin:embed", "", environment);
  ASSERT_TRUE(name_application(config, "mine", "/mine"));
  EXPECT_EQ(config.applications[0].name, "mine");
  config.applications.push_back(config.applications[0]);
  EXPECT_FALSE(name_application(config, "other", ""));
}

TEST(BuildArgumentsTest, WordsAreWhatYamlTakesThemFor) {
  EXPECT_EQ(build_arguments("", {}).value(), "");
  EXPECT_EQ(build_arguments("", {"a=4", "b=true", "c=x=y", "d="}).value(), R"({"a":4,"b":true,"c":"x=y","d":""})");
  EXPECT_EQ(build_arguments(R"({"a":1,"z":[2]})", {"a=2"}).value(), R"({"a":2,"z":[2]})");
  EXPECT_EQ(build_arguments("", {"a=.inf"}).value(), R"({"a":".inf"})");
  EXPECT_FALSE(build_arguments("", {"a"}));
  EXPECT_FALSE(build_arguments("", {"=a"}));
  EXPECT_FALSE(build_arguments("[1]", {"a=1"}));
}

}  // namespace
}  // namespace manta::cli
