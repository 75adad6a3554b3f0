#include "control/snapshot_text.h"

#include <vector>

#include <gtest/gtest.h>

#include <manta/detail/json.h>

namespace manta::control {
namespace {

struct SnapshotParts {
  spec::RoutingSnapshot frame;
  std::vector<std::string> texts;

  std::string text() const {
    std::vector<const std::string*> pointers;
    for (const std::string& text : texts) pointers.push_back(&text);
    return snapshot_text(frame, pointers);
  }
};

spec::RoutingSnapshot whole(int deployments) {
  spec::RoutingSnapshot snapshot{.stamp = {.epoch = 3, .version = 7}, .applications = {}, .deployments = {}};
  snapshot.applications.push_back({.application = "app",
                                   .route_prefix = "/",
                                   .ingress = "D0",
                                   .routes = {},
                                   .openapi = R"({"deployments":[],"x":{"deployments":[]}})"});
  for (int i = 0; i < deployments; ++i)
    snapshot.deployments.push_back({.application = "app",
                                    .deployment = "D" + std::to_string(i),
                                    .replicas = {{.id = "app#D#\"deployments\":[]", .address = "unix:/r"}}});
  snapshot.logging_config = LoggingConfig{.logs_dir = R"(/tmp/"deployments":[])"};
  return snapshot;
}

SnapshotParts in_parts(spec::RoutingSnapshot snapshot) {
  SnapshotParts parts;
  for (const spec::ReplicaSet& set : snapshot.deployments) parts.texts.push_back(*detail::to_json(set));
  snapshot.deployments.clear();
  parts.frame = std::move(snapshot);
  return parts;
}

TEST(SnapshotTextTest, IsTheTextOfTheWholeSnapshot) {
  for (const int deployments : {0, 1, 2, 5})
    EXPECT_EQ(in_parts(whole(deployments)).text(), *detail::to_json(whole(deployments))) << deployments;
}

TEST(SnapshotTextTest, IsReadAsTheSnapshotItWasMadeOf) {
  const auto read = detail::from_json<spec::RoutingSnapshot>(in_parts(whole(3)).text());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, whole(3));
}

}  // namespace
}  // namespace manta::control
