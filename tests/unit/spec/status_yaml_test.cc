#include "spec/status_yaml.h"

#include <gmock/gmock.h>

#include <manta/detail/json.h>

#include "spec/yaml_document.h"

namespace manta::spec {
namespace {

using testing::HasSubstr;

InstanceStatus running() {
  return {.proxies = {{"node-1", "HEALTHY"}},
          .applications = {{"llm-api",
                            {.status = "RUNNING",
                             .last_deployed_time_s = 1694041157.2211847,
                             .deployments = {{"VLLMDeployment",
                                              {.status = "HEALTHY",
                                               .status_trigger = "CONFIG_UPDATE_COMPLETED",
                                               .replica_states = {{"RUNNING", 1}}}}}}}},
          .target_capacity = {}};
}

TEST(StatusYamlTest, PrintsTheLayoutThatUsersKnow) {
  EXPECT_EQ(to_status_yaml(running()), R"(proxies:
  node-1: HEALTHY
applications:
  llm-api:
    status: RUNNING
    message: ''
    last_deployed_time_s: 1694041157.2211847
    deployments:
      VLLMDeployment:
        status: HEALTHY
        status_trigger: CONFIG_UPDATE_COMPLETED
        replica_states:
          RUNNING: 1
        message: ''
target_capacity: null
)");
}

TEST(StatusYamlTest, AnEmptyInstanceIsStillAMapping) {
  EXPECT_EQ(to_status_yaml({}), "proxies: {}\napplications: {}\ntarget_capacity: null\n");
}

TEST(StatusYamlTest, AnyMessageReadsBackAsItWas) {
  for (const std::string message :
       {"it's: here", "line one\nline two", "true", "1", "- x", "a #b", "é", "tab\there", " lead", "trail ", "null",
        "{x}", "1e5", "no", "100%", "\"q\"", "a\\b", "?", "key: value: more"}) {
    InstanceStatus status = running();
    status.applications["llm-api"].message = message;
    std::vector<Finding> findings;
    const YamlDocument document = read_yaml(to_status_yaml(status), nullptr, findings);
    ASSERT_TRUE(findings.empty()) << message << findings.front().message;
    const auto read = detail::from_json<InstanceStatus>(document.json);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, status);
  }
}

}  // namespace
}  // namespace manta::spec
