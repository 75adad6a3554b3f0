#include "spec/config_json.h"

#include <gmock/gmock.h>

#include "spec/json_to_yaml.h"
#include "unit/spec/parsed.h"

namespace manta::spec {
namespace {

constexpr const char* kFile = R"(http_options: {port: 9000}
target_capacity: 50
applications:
- name: rag
  route_prefix: /rag
  import_path: /srv/librag.so:build
  args: {docs: docs, "odd key: x": ["a: b", 1.5, {deep: [[1, 2], []]}]}
  runtime_env: {env_vars: {THREADS: "4", EMPTY: ""}}
  deployments:
  - name: Embed
    num_replicas: 2
    user_config: {threshold: 0.5, words: [yes, "no", null]}
    warmup: [{method: embed, body: {text: hi}, count: 2}]
    env_vars: {A: b}
  - name: Llm
    autoscaling_config: {min_replicas: 0, max_replicas: 4}
    placement_group_bundles: [{GPU: 1}]
- name: other
  import_path: builtin:embed
  external_scaler_enabled: true
)";

TEST(ConfigJsonTest, ReadsBackAsTheSameConfiguration) {
  const InstanceConfig config = parsed(kFile);
  EXPECT_EQ(parsed(config_json(config)), config);
  EXPECT_EQ(parsed(json_to_yaml(config_json(config))), config);
}

TEST(ConfigJsonTest, SaysOnlyWhatWasGiven) {
  const InstanceConfig config = parsed("applications:\n- import_path: builtin:embed\n");
  EXPECT_EQ(config_json(config.applications.front()),
            R"({"name":"default","import_path":"builtin:embed","args":{},"deployments":[]})");
}

TEST(JsonToYamlTest, PathsStandPlainAndTimesInQuotes) {
  EXPECT_EQ(json_to_yaml(R"(["/srv/lib.so:build","/","a:","a: b","12:30","builtin:embed"])"),
            "- /srv/lib.so:build\n- /\n- 'a:'\n- 'a: b'\n- '12:30'\n- builtin:embed\n");
}

TEST(JsonToYamlTest, WritesTheLayoutThatUsersKnow) {
  EXPECT_EQ(json_to_yaml(R"({"a":[{"b":1,"c":[]},[1,["x"]],"y: z"],"d":{},"e":{"f":null,"g":true}})"),
            "a:\n- b: 1\n  c: []\n- - 1\n  - - x\n- 'y: z'\nd: {}\ne:\n  f: null\n  g: true\n");
  EXPECT_EQ(json_to_yaml("{"), "");
}

}  // namespace
}  // namespace manta::spec
