#include "control/deployment_progress.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace manta::control {
namespace {

// An application of Rag, which calls Embed, made from that code.
ApplicationRecord record(const std::string& code) {
  ApplicationRecord record{.name = "app", .artifact = {.sha256 = code}};
  record.graph.ingress = "Rag";
  record.graph.nodes = {{.name = "Embed"}, {.name = "Rag", .children = {"Embed"}}};
  return record;
}

DeploymentProgress of(const std::vector<DeploymentProgress>& all, const std::string& deployment) {
  const auto found = std::ranges::find(all, deployment, &DeploymentProgress::deployment);
  return found == all.end() ? DeploymentProgress{.application = "none"} : *found;
}

std::vector<DeploymentProgress> completed(const ApplicationRecord& record) {
  auto progress = progress_after(nullptr, {}, record);
  for (DeploymentProgress& entry : progress) entry.completed = true;
  return progress;
}

std::string code_of(const std::optional<ApplicationRecord>& record) {
  return record ? record->artifact.sha256 : "none";
}

TEST(DeploymentProgressTest, AFirstDeployHasNothingToFallBackTo) {
  const auto progress = progress_after(nullptr, {}, record("one"));
  ASSERT_EQ(progress.size(), 3u) << "two deployments and the application";
  for (const DeploymentProgress& entry : progress) {
    EXPECT_FALSE(entry.completed);
    EXPECT_FALSE(entry.fallback);
  }
}

TEST(DeploymentProgressTest, WhatWorkedIsTheFallback) {
  const auto one = record("one");
  const auto progress = progress_after(&one, completed(one), record("two"));
  for (const std::string name : {"Embed", "Rag", ""}) {
    EXPECT_FALSE(of(progress, name).completed) << name;
    EXPECT_EQ(code_of(of(progress, name).fallback), "one") << name;
  }
}

TEST(DeploymentProgressTest, WhatNeverWorkedIsNone) {
  const auto one = record("one"), two = record("two");
  auto progress = progress_after(&one, completed(one), two);
  std::ranges::find(progress, "Rag", &DeploymentProgress::deployment)->failure = "no model";
  std::ranges::find(progress, "Embed", &DeploymentProgress::deployment)->completed = true;
  progress = progress_after(&two, progress, record("three"));
  EXPECT_EQ(code_of(of(progress, "Rag").fallback), "one");
  EXPECT_EQ(of(progress, "Rag").failure, "") << "another chance";
  EXPECT_EQ(code_of(of(progress, "Embed").fallback), "two") << "each by itself";
  EXPECT_EQ(code_of(of(progress, "").fallback), "one") << "of which everything ran";
}

TEST(DeploymentProgressTest, ALightChangeKeepsTheProgress) {
  const auto one = record("one");
  ApplicationRecord scaled = one;
  scaled.graph.nodes[0].config.num_replicas = 7;
  scaled.graph.nodes[1].config.max_queued_requests = 7;
  for (const DeploymentProgress& entry : progress_after(&one, completed(one), scaled)) {
    EXPECT_TRUE(entry.completed) << entry.deployment;
    EXPECT_FALSE(entry.fallback) << entry.deployment;
  }
}

TEST(DeploymentProgressTest, OtherSettingsHaveAFallbackThoughNothingRestarts) {
  const auto one = record("one");
  ApplicationRecord tuned = one;
  tuned.graph.nodes[0].config.user_config = "{}";
  const auto progress = progress_after(&one, completed(one), tuned);
  EXPECT_TRUE(of(progress, "Embed").fallback);
  EXPECT_FALSE(of(progress, "Embed").completed);
  EXPECT_FALSE(of(progress, "Rag").fallback) << "only what has changed";
}

TEST(DeploymentProgressTest, GoingBackToTheFallbackIsGoingToWhatWorks) {
  const auto one = record("one"), two = record("two");
  const auto progress = progress_after(&two, progress_after(&one, completed(one), two), one);
  for (const std::string name : {"Embed", "Rag", ""}) {
    EXPECT_TRUE(of(progress, name).completed) << name;
    EXPECT_FALSE(of(progress, name).fallback) << name;
  }
}

TEST(DeploymentProgressTest, WhatIsRemovedServesOnByItsFallback) {
  const auto one = record("one");
  ApplicationRecord other = record("two");
  other.graph.nodes = {{.name = "Search"}};
  auto progress = progress_after(&one, completed(one), other);
  ASSERT_EQ(progress.size(), 4u);
  EXPECT_EQ(code_of(of(progress, "Rag").fallback), "one");
  EXPECT_FALSE(of(progress, "").completed);
  EXPECT_EQ(code_of(of(progress, "").fallback), "one");
  progress = progress_after(&other, progress, record("two"));
  EXPECT_EQ(code_of(of(progress, "Rag").fallback), "one") << "it is back, in another version";
  EXPECT_EQ(of(progress, "Search").application, "none") << "it never worked";
}

}  // namespace
}  // namespace manta::control
