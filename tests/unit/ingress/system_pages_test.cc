#include "ingress/system_pages.h"

#include <gtest/gtest.h>

namespace manta::ingress {
namespace {

spec::RoutingSnapshot rag(bool ready, bool with_replicas) {
  spec::RoutingSnapshot snapshot;
  snapshot.applications = {
      spec::ApplicationRoutes{.application = "rag", .route_prefix = "/", .ingress = "Rag", .ready = ready}};
  snapshot.deployments = {
      spec::ReplicaSet{.application = "rag", .deployment = "Rag", .replicas = {{.id = "rag#Rag#1"}}},
      spec::ReplicaSet{.application = "rag", .deployment = "Llm"}};
  if (with_replicas) snapshot.deployments[1].edit().replicas = {{.id = "rag#Llm#1"}};
  return snapshot;
}

TEST(SystemPagesTest, HealthSaysInKnownWordsWhyNot) {
  const spec::RoutingSnapshot empty;
  const auto full = rag(true, true);
  struct Case {
    DoorState state;
    int status;
    std::string text;
  };
  const std::vector<Case> cases{
      {{.snapshot = nullptr}, 503, "Route table is not populated yet."},
      {{.snapshot = &empty}, 200, "success"},
      {{.snapshot = &empty, .is_head = false}, 503, "No replicas are available yet."},
      {{.snapshot = &full, .is_head = false}, 200, "success"},
      {{.snapshot = &full, .draining = true}, 503, "This node is being drained."},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(health_page(c.state).status, c.status);
    EXPECT_EQ(health_page(c.state).body, c.text);
  }
}

TEST(SystemPagesTest, ReadyNamesWhatIsNot) {
  const spec::RoutingSnapshot empty;
  const auto partial = rag(false, false);
  const auto starting = rag(false, true);
  const auto full = rag(true, true);
  EXPECT_EQ(ready_page({}).status, 503);
  EXPECT_EQ(ready_page({.snapshot = &empty}).status, 503);
  EXPECT_EQ(ready_page({.snapshot = &partial}).body,
            R"({"ready":false,"waiting_for":["application 'rag': no running replica of Llm"]})");
  EXPECT_EQ(ready_page({.snapshot = &starting}).body,
            R"({"ready":false,"waiting_for":["application 'rag': not all of its replicas are running"]})");
  EXPECT_EQ(ready_page({.snapshot = &full}).status, 200);
  auto announced = full;
  announced.applications.push_back(spec::ApplicationRoutes{.application = "new"});
  EXPECT_EQ(ready_page({.snapshot = &announced}).body,
            R"({"ready":false,"waiting_for":["application 'new': it is being described"]})");
  EXPECT_EQ(routes_page({.snapshot = &announced}).body, R"({"/":"rag"})");
  EXPECT_EQ(ready_page({.snapshot = &full, .draining = true}).status, 503);
}

TEST(SystemPagesTest, RoutesMapPrefixesToApplications) {
  auto snapshot = rag(true, true);
  snapshot.applications.push_back(spec::ApplicationRoutes{.application = "a\"b", .route_prefix = "/x", .ingress = "D"});
  EXPECT_EQ(routes_page({.snapshot = &snapshot}).body, R"({"/":"rag","/x":"a\"b"})");
  EXPECT_EQ(routes_page({}).status, 503);
}

}  // namespace
}  // namespace manta::ingress
