#include "cli/explain_text.h"

#include <gmock/gmock.h>

#include "cli/deployment_name.h"

namespace manta::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

control::DeploymentDetails llm() {
  control::DeploymentDetails details{.name = "LLM", .status = "UPDATING", .status_trigger = "CONFIG_UPDATE_STARTED"};
  details.message = "needs 2 GPUs\nthe largest free is 1";
  details.target_num_replicas = details.deployment_config.num_replicas = 2;
  details.replicas = {{.replica_id = "rag#LLM#1", .state = "RUNNING"}};
  details.deployment_config.max_queued_requests = 7;
  return details;
}

TEST(ExplainTextTest, GivesTheReasons) {
  EXPECT_EQ(explain_text("rag", llm()), R"(rag/LLM: UPDATING (CONFIG_UPDATE_STARTED)
  why           needs 2 GPUs
                the largest free is 1
  replicas      2 wanted; 1 RUNNING
  autoscaling   off: the configuration says how many
  routing       power_of_two, 5 at a time on each replica
  next replica  power_of_two: of two drawn at random the one with fewer requests
                rag#LLM#1  0 of 5 requests
  refuses       503 when 7 requests of one caller wait (max_queued_requests)
)");
}

TEST(ExplainTextTest, OneInTheProxiesHasNoNumber) {
  control::DeploymentDetails details = llm();
  details.deployment_config.in_proxy = true;
  details.target_num_replicas = 0;
  EXPECT_THAT(explain_text("rag", details), HasSubstr("off: it runs in the HTTP proxies, without replicas (in_proxy)"));
}

TEST(ExplainTextTest, ANumberThatIsNotTheConfigurationsIsToldWithWhoseItMayBe) {
  control::DeploymentDetails details = llm();
  details.target_num_replicas = 3;
  EXPECT_THAT(explain_text("rag", details),
              HasSubstr("off: the configuration says 2, an external scaler or target_capacity 3\n"));
}

TEST(ExplainTextTest, ShowsTheLastDecisionsOfTheAutoscaler) {
  control::DeploymentDetails details = llm();
  details.autoscaling_detail = control::AutoscalingDetail{.min_replicas = 1, .max_replicas = 4};
  details.autoscaling_detail->decisions = {
      {.verdict = "UP", .reason = "above target", .prev_num_replicas = 1, .curr_num_replicas = 2}};
  EXPECT_THAT(explain_text("rag", details), HasSubstr("autoscaling   1 to 4 replicas, STABLE"));
  EXPECT_THAT(explain_text("rag", details), HasSubstr("1 -> 2  above target"));
}

control::InstanceDetails instance() {
  control::InstanceDetails details;
  details.applications["a"].deployments["Echo"] = {};
  details.applications["b"].deployments["Echo"] = {};
  details.applications["b"].deployments["LLM"] = {};
  return details;
}

TEST(ExplainTextTest, ShowsWhichReplicasWereScaledDownAndWhyBatchesClosed) {
  control::DeploymentDetails details = llm();
  EXPECT_THAT(explain_text("rag", details), Not(HasSubstr("scaled down")));
  details.scaled_down = {{.replica_id = "rag#LLM#a", .reason = "it is the newest"},
                         {.replica_id = "rag#LLM#b", .reason = "it does not run yet"}};
  details.batches_closed = {{"full", 3}, {"timeout", 1}};
  const std::string text = explain_text("rag", details);
  EXPECT_THAT(text, HasSubstr("rag#LLM#b: it does not run yet"));
  EXPECT_THAT(text, HasSubstr("rag#LLM#a: it is the newest"));
  EXPECT_THAT(text, HasSubstr("batches       closed: 3 full (75 %), 1 timeout (25 %)"));
}

TEST(DeploymentNameTest, IsFoundWithAndWithoutItsApplication) {
  EXPECT_EQ(find_deployment(instance(), "LLM").value(), (std::pair<std::string, std::string>("b", "LLM")));
  EXPECT_EQ(find_deployment(instance(), "a/Echo").value(), (std::pair<std::string, std::string>("a", "Echo")));
  EXPECT_EQ(find_deployment(instance(), "Echo").error().message,
            "several applications have it; say which: a/Echo, b/Echo");
  EXPECT_EQ(find_deployment(instance(), "LLN").error().message, "there is no deployment 'LLN'; did you mean 'LLM'?");
}

}  // namespace
}  // namespace manta::cli
