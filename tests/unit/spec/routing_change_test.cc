#include "spec/routing_change.h"

#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <manta/detail/json.h>

namespace manta::spec {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ReplicaSet set_of(const std::string& application, const std::string& deployment, int replicas = 1) {
  ReplicaSet set{.application = application, .deployment = deployment};
  for (int i = 0; i < replicas; ++i) set.replicas.push_back({.id = std::to_string(i), .address = "unix:/r"});
  return set;
}

RoutingSnapshot three() {
  RoutingSnapshot snapshot{.stamp = {.epoch = 3, .version = 7}};
  for (const char* name : {"a", "b", "c"}) {
    snapshot.applications.push_back(ApplicationRoutes{.application = name, .route_prefix = "/", .openapi = "{}"});
    snapshot.deployments.push_back(set_of(name, "D"));
    snapshot.deployments.push_back(set_of(name, "E"));
  }
  snapshot.logging_config = LoggingConfig{.logs_dir = "/logs"};
  snapshot.draining_nodes = {"n1"};
  snapshot.zones = std::vector<NodeZone>{{"n1", "east"}};
  snapshot.published_at_s = 11;
  return snapshot;
}

TEST(RoutingChangeTest, NamesWhatIsAnotherAndWhatIsGone) {
  const RoutingSnapshot before = three();
  RoutingSnapshot after = before;
  after.stamp.version = 8;
  after.applications[0].edit().ready = true;
  after.applications[1] = ApplicationRoutes{.application = "bb"};
  after.deployments.erase(after.deployments.begin() + 1);
  after.deployments.push_back(set_of("d", "D"));
  const RoutingChange change = change_between(before, after);
  EXPECT_EQ(change.from, before.stamp);
  EXPECT_EQ(change.stamp, after.stamp);
  EXPECT_THAT(change.applications, ElementsAre(after.applications[0], after.applications[1]));
  EXPECT_THAT(change.removed_applications, ElementsAre("b"));
  EXPECT_THAT(change.deployments, ElementsAre(after.deployments.back()));
  EXPECT_THAT(change.removed_deployments, ElementsAre(DeploymentName{"a", "E"}));
  EXPECT_FALSE(change.zones || change.draining_nodes);
  EXPECT_EQ(apply(&before, change), after);
}

TEST(RoutingChangeTest, WhatIsAsItWasIsNotSaidAndStaysTheSameObject) {
  const RoutingSnapshot before = three();
  RoutingSnapshot after = three();  // equal, of other objects
  after.stamp.version = 8;
  after.deployments[5].edit().replicas.clear();
  const RoutingChange change = change_between(before, after);
  EXPECT_THAT(change.applications, IsEmpty());
  EXPECT_EQ(change.deployments.size(), 1u);
  const auto known = apply(&before, change);
  ASSERT_TRUE(known);
  EXPECT_EQ(*known, after);
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(known->deployments[i].is_same_object(before.deployments[i])) << i;
}

TEST(RoutingChangeTest, TheFrameIsSaidWhenItChanges) {
  const RoutingSnapshot before = three();
  RoutingSnapshot after = before;
  after.adopted = false;
  after.zones = std::vector<NodeZone>{};
  after.draining_nodes.clear();
  after.logging_config.reset();
  after.published_at_s = 12;
  const RoutingChange change = change_between(before, after);
  EXPECT_TRUE(change.zones && change.draining_nodes);
  EXPECT_EQ(apply(&before, change), after);
}

TEST(RoutingChangeTest, OneThatFollowsOnSomethingElseIsNotApplied) {
  const RoutingSnapshot before = three();
  RoutingSnapshot other = before;
  other.stamp.version = 6;
  const RoutingChange change = change_between(other, before);
  EXPECT_EQ(apply(&before, change), std::nullopt);
  EXPECT_EQ(apply(nullptr, change), std::nullopt);
}

TEST(RoutingChangeTest, PartsMakeTheWholeWhateverWasKnown) {
  const RoutingSnapshot whole = three();
  RoutingSnapshot earlier = whole;
  earlier.deployments.push_back(set_of("z", "Z"));
  for (const std::size_t bytes : {1u, 2000u, 1u << 30u}) {
    std::optional<RoutingSnapshot> known = earlier;
    SnapshotPosition position;
    int parts = 0;
    for (bool complete = false; !complete; ++parts) {
      const RoutingChange part = next_part(whole, position, bytes);
      EXPECT_EQ(part.from.has_value(), parts > 0);
      complete = part.complete;
      known = apply(&*known, part);
      ASSERT_TRUE(known);
      EXPECT_EQ(*known == whole, complete);
    }
    EXPECT_EQ(parts == 1, bytes > 2000);
    EXPECT_LE(parts, 9);
  }
}

TEST(RoutingChangeTest, OfNothingOnePartIsEverything) {
  SnapshotPosition position;
  const RoutingChange part = next_part({.stamp = {1, 1}}, position, 1);
  EXPECT_TRUE(part.complete);
  EXPECT_FALSE(part.from);
}

TEST(RoutingChangeTest, IsReadAsItWasWritten) {
  RoutingSnapshot after = three();
  after.stamp.version = 9;
  after.deployments.pop_back();
  after.applications.pop_back();
  after.zones = std::vector<NodeZone>{};
  SnapshotPosition position;
  for (const RoutingChange& change : {change_between(three(), after), next_part(after, position, 1)}) {
    const auto read = detail::from_json<RoutingChange>(*detail::to_json(change));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, change);
  }
}

TEST(SharedTest, CopiesAreOneObjectUntilOneIsEdited) {
  const Shared<std::string> one("text");
  Shared<std::string> other = one;
  EXPECT_TRUE(one.is_same_object(other));
  other.edit() += "!";
  EXPECT_EQ(*one, "text");
  EXPECT_EQ(*other, "text!");
  EXPECT_NE(one, other);
  EXPECT_EQ(other, Shared<std::string>("text!"));
}

}  // namespace
}  // namespace manta::spec
