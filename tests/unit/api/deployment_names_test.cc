#include "api/deployment_names.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/task_scope.h"

namespace manta::api {
namespace {

using std::chrono::seconds;

const NamesByDeployment kNames{{"Embed", "rag"}, {"Embed", "search"}, {"Llm", "chat"}, {"Rag", "rag"}};

TEST(ApplicationOfTest, TheOwnApplicationComesFirstThenTheOnlyOneThatHasIt) {
  EXPECT_EQ(application_of(kNames, "Embed", "", "search"), "search");
  EXPECT_EQ(application_of(kNames, "Llm", "", "search"), "chat");
  EXPECT_EQ(application_of(kNames, "Llm", "", ""), "chat");
  EXPECT_EQ(application_of(kNames, "Embed", "rag", "search"), "rag");
}

TEST(ApplicationOfTest, AnAmbiguousNameListsTheApplications) {
  const auto found = application_of(kNames, "Embed", "", "chat");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::InvalidArgument);
  EXPECT_EQ(found.error().message, "several applications have a deployment 'Embed': rag, search; name one");
}

TEST(ApplicationOfTest, AnUnknownNameIsToldWithTheNearest) {
  const auto message = [](std::string_view deployment, std::string_view application) {
    const auto found = application_of(kNames, deployment, application, "rag");
    EXPECT_EQ(found.error().code, ErrorCode::NotFound);
    return found.error().message;
  };
  EXPECT_EQ(message("Embd", ""), "no application has a deployment 'Embd'; did you mean 'Embed'?");
  EXPECT_EQ(message("Reg", "rag"), "application 'rag' has no deployment 'Reg'; did you mean 'Rag'?");
  EXPECT_EQ(message("Llm", "chatt"), "there is no application 'chatt'; did you mean 'chat'?");
  EXPECT_EQ(application_of({}, "x", "", "").error().message, "no application has a deployment 'x'");
}

Task<void> wait_for(DeploymentNames* names, TimePoint deadline, std::optional<bool>* came) {
  DeploymentNames::Arrival arrival(*names, deadline);
  *came = co_await arrival;
}

TEST(DeploymentNamesTest, WhoAsksBeforeTheFirstSnapshotWaitsForItUntilTheDeadline) {
  VirtualClock clock;
  Loop loop(clock);
  DeploymentNames names(loop);
  TaskScope scope(loop);
  std::optional<bool> late, patient, leaving, after;
  scope.spawn(wait_for(&names, clock.now() + seconds(1), &late));
  scope.spawn(wait_for(&names, TimePoint::max(), &patient));
  const auto left = scope.spawn(wait_for(&names, clock.now() + seconds(9), &leaving));
  loop.poll();
  clock.advance(seconds(1));
  loop.poll();
  EXPECT_EQ(late, false);
  scope.cancel(left);
  loop.poll();
  EXPECT_EQ(patient, std::nullopt);
  names.update({.deployments = {spec::ReplicaSet{.application = "rag", .deployment = "Embed"}}});
  loop.poll();
  EXPECT_EQ(patient, true);
  EXPECT_EQ(leaving, std::nullopt);
  scope.spawn(wait_for(&names, TimePoint::max(), &after));
  loop.poll();
  EXPECT_EQ(after, true);
  EXPECT_EQ(names.names(), (NamesByDeployment{{"Embed", "rag"}}));
  names.update({.deployments = {spec::ReplicaSet{.application = "rag", .deployment = "Llm"}}});
  EXPECT_EQ(names.names(), (NamesByDeployment{{"Llm", "rag"}}));
}

}  // namespace
}  // namespace manta::api
