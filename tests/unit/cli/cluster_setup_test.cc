#include "cli/cluster/setup.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "cli/cluster/ray_python.h"
#include "cli/cluster/token.h"

namespace manta::cli {
namespace {

namespace fs = std::filesystem;

class ClusterSetupTest : public ::testing::Test {
 protected:
  ClusterSetupTest() {
    std::string name = "/tmp/manta-setup-XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  ~ClusterSetupTest() override { fs::remove_all(folder); }

  std::string file(const std::string& name, const std::string& text = "") {
    const fs::path path = fs::path(folder) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    fs::permissions(path, fs::perms::owner_all);
    return path.string();
  }

  std::string folder;
};

TEST_F(ClusterSetupTest, TheTokenIsMadeOnceAndPrivate) {
  const runtime::InstancePaths paths{.state = folder, .run = folder};
  const auto token = cluster_token(paths);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->size(), 64u);
  EXPECT_EQ(*cluster_token(paths), *token);
  struct stat info{};
  ASSERT_EQ(::stat((folder + "/cluster_token").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
}

TEST_F(ClusterSetupTest, TheControllerIsToldWhatTheCommandLineSays) {
  const runtime::InstancePaths paths{.state = folder, .run = folder};
  const Environment environment({"HOME=" + folder});
  InstanceOptions options{.metrics_port = 0};
  options.config.http_options.port = 0;
  const auto plain = set_up_cluster({.host = "127.0.0.1"}, "127.0.0.1:6379", options, paths, environment);
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->document.find("--share-supervisors"), std::string::npos);
  EXPECT_EQ(plain->document.find("--metrics-address"), std::string::npos) << "port 0 is none";
  options.metrics_port.reset();
  const auto other =
      set_up_cluster({.host = "127.0.0.1", .share_supervisors = true}, "127.0.0.1:6379", options, paths, environment);
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_NE(other->document.find(R"("--share-supervisors")"), std::string::npos);
  EXPECT_NE(other->document.find(R"("--metrics-address","127.0.0.1:)"), std::string::npos);
}

TEST_F(ClusterSetupTest, AFileThatHoldsNoTokenIsRefused) {
  file("cluster_token", "short");
  const auto token = cluster_token({.state = folder, .run = folder});
  ASSERT_FALSE(token);
  EXPECT_NE(token.error().message.find(folder), std::string::npos);
}

TEST_F(ClusterSetupTest, ThePythonThatIsNamedWinsOverThatOfTheCache) {
  const std::string cached = file("cache/ray/bin/python"), named = file("own/python");
  const std::string in_path = file("bin/python3");
  const std::vector<std::string> both = {"PATH=" + folder + "/bin", "MANTA_CACHE=" + folder + "/cache"};
  std::vector<std::string> all = both;
  all.push_back("MANTA_RAY_PYTHON=" + named);
  EXPECT_EQ(find_ray_python(Environment(all), "/nowhere/bin/manta")->program, named);
  EXPECT_EQ(find_ray_python(Environment(both), "/nowhere/bin/manta")->program, cached);
  EXPECT_EQ(find_ray_python(Environment({both[0], "HOME=" + folder}), "/nowhere/bin/manta")->program, in_path);
}

TEST_F(ClusterSetupTest, WithoutPythonTheErrorSaysHowToGetOne) {
  const auto python = find_ray_python(Environment({"MANTA_RAY_PYTHON=" + folder + "/none"}), "/nowhere/bin/manta");
  ASSERT_FALSE(python);
  EXPECT_NE(python.error().message.find("make ray"), std::string::npos);
  EXPECT_NE(python.error().message.find(folder + "/none"), std::string::npos);
}

TEST_F(ClusterSetupTest, ThePackageIsTakenFromBesideTheBinaryFirst) {
  file("prefix/share/manta/python/manta_ray/__main__.py");
  const Environment environment({"MANTA_RAY_PYTHON=" + file("python")});
  EXPECT_EQ(find_ray_python(environment, folder + "/prefix/bin/manta")->package_dir,
            folder + "/prefix/share/manta/python");
  const auto in_tree = find_ray_python(environment, "/nowhere/bin/manta");
  ASSERT_TRUE(in_tree);
  EXPECT_TRUE(fs::exists(in_tree->package_dir + "/manta_ray/__main__.py"));
}

TEST_F(ClusterSetupTest, ThePackageStandsBeforeWhatPythonSearchesAnyway) {
  const RayPython python{.program = "p", .package_dir = "/package"};
  EXPECT_EQ(Environment(python_environment(python, Environment({"PYTHONPATH=/other"}))).get("PYTHONPATH"),
            "/package:/other");
  EXPECT_EQ(Environment(python_environment(python, Environment({}))).get("PYTHONPATH"), "/package");
}

}  // namespace
}  // namespace manta::cli
