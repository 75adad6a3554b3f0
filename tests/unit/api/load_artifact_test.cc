#include "api/load_artifact.h"

#include <gtest/gtest.h>

#include "api/graph.h"
#include "deployments.h"

namespace manta::api {
namespace {

ArtifactReference library(const std::string& function) {
  return {.kind = "library", .path = MANTA_TEST_APP, .function = function};
}

std::string why(const ArtifactReference& reference, const std::map<std::string, BuildFunction>& builtins = {}) {
  const auto build = load_build(reference, builtins, nullptr);
  return build ? "loaded" : build.error().message;
}

TEST(LoadArtifactTest, ASharedObjectGivesItsApplications) {
  const auto build = load_build(library("build"), {}, nullptr);
  ASSERT_TRUE(build) << build.error().message;
  const auto applications = run_build(*build, R"({"greeting": "hi"})");
  ASSERT_TRUE(applications) << applications.error().message;
  EXPECT_EQ(applications->at(0).name, "hello");
}

TEST(LoadArtifactTest, OneFunctionMayGiveSeveralApplications) {
  const auto applications = run_build(*load_build(library("several"), {}, nullptr), "{}");
  ASSERT_TRUE(applications) << applications.error().message;
  EXPECT_EQ(applications->size(), 2u);
}

TEST(LoadArtifactTest, ErrorsOfBuildNameTheArgument) {
  const auto applications = run_build(*load_build(library("build"), {}, nullptr), "{}");
  ASSERT_FALSE(applications);
  EXPECT_TRUE(applications.error().message.starts_with("build() failed: argument 'greeting' is missing"))
      << applications.error().message;
}

TEST(LoadArtifactTest, ErrorsSayWhatToDo) {
  EXPECT_NE(why({.kind = "library", .path = "/none/lib.so", .function = "build"}).find("/none/lib.so"),
            std::string::npos);
  EXPECT_NE(why({.kind = "library", .path = "/etc/passwd", .function = "build"}).find("cannot load /etc/passwd"),
            std::string::npos);
  EXPECT_NE(why(library("missing")).find("write MANTA_APP(missing)"), std::string::npos);
  EXPECT_NE(why(library("old")).find("was built for Manta 0.0.1 (ABI 0)"), std::string::npos);
  EXPECT_NE(why({.kind = "builtin", .function = "embd"}, {{"embed", nullptr}}).find("known: embed"), std::string::npos);
  EXPECT_NE(why({.kind = "executable"}).find("manta::main"), std::string::npos);
}

}  // namespace
}  // namespace manta::api
