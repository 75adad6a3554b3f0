#include "spec/parse_config.h"

#include <gmock/gmock.h>

#include "unit/spec/parsed.h"

namespace manta::spec {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// What a user of Ray Serve has today.
constexpr const char* kRayFile = R"(proxy_location: EveryNode
http_options: {host: 0.0.0.0, port: 8000, request_timeout_s: 30}
applications:
- name: llm-api
  route_prefix: /
  import_path: vllm_deployment:entrypoint
  runtime_env: {pip: [vllm, transformers], env_vars: {ORT_INTRA_THREADS: "4"}}
  args: {}
  deployments:
  - name: VLLMDeployment
    max_ongoing_requests: 100
    ray_actor_options: {num_cpus: 2, num_gpus: 1, memory: 4294967296}
    autoscaling_config: {min_replicas: 1, max_replicas: 2, initial_replicas: 1, target_ongoing_requests: 5, upscale_delay_s: 10, downscale_delay_s: 60}
    health_check_period_s: 10
    health_check_timeout_s: 30
    graceful_shutdown_wait_loop_s: 2
    graceful_shutdown_timeout_s: 20
)";

TEST(ParseConfigTest, LoadsTheFileOfRayServeUnchanged) {
  std::vector<std::string> warnings;
  const InstanceConfig config = parsed(kRayFile, {}, &warnings);
  EXPECT_EQ(config.http_options.host, "0.0.0.0");
  EXPECT_EQ(config.http_options.request_timeout_s, 30);
  const ApplicationConfig& application = config.applications.at(0);
  EXPECT_EQ(application.name, "llm-api");
  EXPECT_EQ(application.env_vars.at("ORT_INTRA_THREADS"), "4");
  const DeploymentOverride& deployment = application.deployments.at(0);
  EXPECT_EQ(deployment.name, "VLLMDeployment");
  EXPECT_EQ(deployment.fields.at("max_ongoing_requests"), "100");
  EXPECT_THAT(deployment.fields.at("ray_actor_options"), HasSubstr(R"("num_gpus":1.0,"memory":4294967296.0)"));
  EXPECT_FALSE(deployment.fields.contains("max_queued_requests"));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("app.yaml:7:22: applications[0].runtime_env.pip: 'pip' is ignored")));
}

TEST(ParseConfigTest, LoadsTheSameFileInsideAKubernetesResource) {
  const InstanceConfig plain = parsed(kRayFile);
  EXPECT_EQ(parsed("serveConfigV2: |\n" + indented(kRayFile, "  ")), plain);
  EXPECT_EQ(parsed("apiVersion: ray.io/v1\nkind: RayService\nspec:\n  serveConfigV2: |\n" + indented(kRayFile, "    ")),
            plain);
}

TEST(ParseConfigTest, PlacesCountInTheOuterFile) {
  EXPECT_THAT(error_of("kind: RayService\nspec:\n  serveConfigV2: |\n    # text\n    applications:\n    - nmae: a\n"),
              HasSubstr("app.yaml:6:7: unknown key 'nmae' in applications[0]; did you mean 'name'?"));
}

TEST(ParseConfigTest, AnUnknownKeyNamesPlacePathAndNearest) {
  EXPECT_EQ(error_of(deployment("num_replica: 2")),
            "app.yaml:5:5: unknown key 'num_replica' in applications[0].deployments[0]; did you mean 'num_replicas'?");
  EXPECT_THAT(error_of("application: []"),
              HasSubstr("app.yaml:1:1: unknown key 'application' at the top level; did you mean 'applications'?"));
  EXPECT_THAT(error_of("http_options: {prot: 1}"),
              HasSubstr("unknown key 'prot' in http_options; did you mean 'port'?"));
  EXPECT_THAT(error_of(deployment("ray_actor_options: {num_gpu: 1}")), HasSubstr("did you mean 'num_gpus'?"));
  EXPECT_THAT(error_of(deployment("autoscaling_config: {min_replica: 1}")), HasSubstr("did you mean 'min_replicas'?"));
  EXPECT_THAT(error_of(application("runtime_env: {env_var: {}}")), HasSubstr("did you mean 'env_vars'?"));
  EXPECT_THAT(error_of(deployment("warmup: [{methode: x}]")), HasSubstr("did you mean 'method'?"));
}

TEST(ParseConfigTest, AWrongTypeNamesItsValue) {
  EXPECT_EQ(error_of(deployment("num_replicas: two")),
            "app.yaml:5:19: applications[0].deployments[0].num_replicas: expected an integer, found a string");
  EXPECT_THAT(error_of("http_options: {port: [1]}"),
              HasSubstr("app.yaml:1:22: http_options.port: expected an integer, found an array"));
  EXPECT_THAT(error_of("applications: {}"),
              HasSubstr("app.yaml:1:15: applications: expected an array, found an object"));
  EXPECT_THAT(error_of("applications: [1]"),
              HasSubstr("app.yaml:1:16: applications[0]: expected an object, found a number"));
  EXPECT_THAT(error_of("- a"), HasSubstr("app.yaml:1:1: expected an object, found an array"));
  EXPECT_THAT(error_of(application("args: [1]")), HasSubstr("args: expected an object, found an array"));
  EXPECT_THAT(error_of(application("runtime_env: {env_vars: {A: 1}}")),
              HasSubstr("env_vars.A: expected a string, found a number"));
}

TEST(ParseConfigTest, SeveralErrorsAreToldAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(error_of("http_options: {port: 70000}\napplications:\n- name: a/b\n  import_path: nonsense\n"),
            "app.yaml:1:22: http_options.port: expected 0 to 65535, found 70000\n"
            "app.yaml:3:9: applications[0].name: 'a/b' holds a space, '#', '/' or a control character\n"
            "app.yaml:4:16: applications[0].import_path: expected 'lib.so:function', 'exec:path', 'builtin:name' or "
            "'module:attribute', found 'nonsense'");
}

TEST(ParseConfigTest, EnvironmentVariablesAreResolvedInScalars) {
  const std::string yaml = deployment("num_replicas: ${EMBED_REPLICAS:-2}\nenv_vars: {HOST: \"${HOST}-$$x\"}");
  const auto fields = parsed(yaml, {{"HOST", "h"}}).applications.at(0).deployments.at(0).fields;
  EXPECT_EQ(fields.at("num_replicas"), "2");
  EXPECT_EQ(fields.at("env_vars"), R"({"HOST":"h-$x"})");
  EXPECT_EQ(parsed(yaml, {{"HOST", ""}, {"EMBED_REPLICAS", "3"}})
                .applications.at(0)
                .deployments.at(0)
                .fields.at("num_replicas"),
            "3");
}

TEST(ParseConfigTest, AVariableThatIsNotSetIsAnErrorWithItsLine) {
  EXPECT_EQ(error_of(application("name: ${APP_NAME}")),
            "app.yaml:3:9: applications[0].name: environment variable 'APP_NAME' is not set; set it or write "
            "${APP_NAME:-default}");
  EXPECT_THAT(error_of(application("name: \"${A B}\"")), HasSubstr("names no environment variable"));
  EXPECT_THAT(error_of(application("name: \"${A\"")), HasSubstr("'${' without '}'"));
}

TEST(ParseConfigTest, ArgsAreKeptAsJson) {
  const auto config =
      parsed(application("args: {model: m.onnx, top_k: 3, ratio: 0.5, deep: {list: [1, \"1\", true, null]}}"));
  EXPECT_EQ(config.applications.at(0).args,
            R"({"deep":{"list":[1,"1",true,null]},"model":"m.onnx","ratio":0.5,"top_k":3})");
}

TEST(ParseConfigTest, ANullValueCountsAsNotGiven) {
  const auto config = parsed("http_options: {request_timeout_s: null}\n" +
                             deployment("user_config: null\nmax_replicas_per_node: null"));
  EXPECT_TRUE(config.applications.at(0).deployments.at(0).fields.empty());
}

TEST(ParseConfigTest, AnchorsAliasesMergeKeysAndTagsWork) {
  const auto config = parsed(R"(
applications:
- name: a
  import_path: builtin:embed
  deployments:
  - &base {name: A, num_replicas: 2, max_ongoing_requests: 7}
  - {<<: *base, name: !!str 1, num_replicas: 3}
)");
  const auto& second = config.applications.at(0).deployments.at(1);
  EXPECT_EQ(second.name, "1");
  EXPECT_EQ(second.fields.at("num_replicas"), "3");
  EXPECT_EQ(second.fields.at("max_ongoing_requests"), "7");
}

TEST(ParseConfigTest, ADuplicateKeyIsAnError) {
  EXPECT_THAT(error_of("proxy_location: HeadOnly\nproxy_location: EveryNode\n"),
              HasSubstr("app.yaml:2:1: key 'proxy_location' is given twice"));
}

TEST(ParseConfigTest, BrokenYamlNamesTheLine) {
  EXPECT_THAT(error_of("applications:\n- name: [a\n"), HasSubstr("app.yaml:3:1: not valid YAML: "));
  EXPECT_THAT(error_of("a: b: c"), HasSubstr("not valid YAML"));
  EXPECT_THAT(error_of(""), HasSubstr("app.yaml: the file is empty"));
  EXPECT_THAT(error_of("a: 1\n---\nb: 2\n"), HasSubstr("something follows the first YAML document"));
  EXPECT_THAT(error_of(","), HasSubstr("something follows"));
  EXPECT_EQ(error_of("---\nproxy_location: HeadOnly\n...\n# the end\n"), "");
  EXPECT_THAT(error_of("a: *nowhere\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(error_of("? [a]\n: b\n"), HasSubstr("keys must be plain text"));
  EXPECT_THAT(error_of(application("name: \xff")), HasSubstr("not"));
}

TEST(ParseConfigTest, AliasBombsAndDepthAreLimited) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
    for (int j = 1; j < 10; ++j) bomb += ", " + before;
    bomb += "]\n";
  }
  EXPECT_THAT(error_of(bomb), HasSubstr("more than 100000 values"));
  std::string merges = "m0: &m0 {a: 1}\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "*m" + std::to_string(i - 1);
    merges += "m" + std::to_string(i) + ": &m" + std::to_string(i) + " {<<: [" + before + ", " + before + "]}\n";
  }
  EXPECT_NE(error_of(merges), "");
  EXPECT_THAT(error_of("a: " + std::string(100, '[') + std::string(100, ']')), HasSubstr("nested deeper than 64"));
  for (const std::string open : {"[", "{", "- ", "? ", "{a: ", "&a [", "!t [", "- a:\n"}) {
    std::string deep;
    while (deep.size() < 20'000) deep += open;
    EXPECT_NE(error_of(deep), "") << open;
  }
}

TEST(ParseConfigTest, AnAliasInsideWhatItNamesEndsAtALimit) {
  const std::string long_key(400, 'k');
  const std::string self = "- &a {" + long_key + "x: *a, " + long_key + "y: *a}\n";
  EXPECT_THAT(error_of("applications:\n" + self), HasSubstr("aliases counted each time"));
  const std::string text(1 << 20, 't');
  std::string copies = "a: &t " + text + "\nb: [";
  for (int i = 0; i < 200; ++i) copies += "*t, ";
  EXPECT_THAT(error_of(copies + "]\n"), HasSubstr("aliases counted each time"));
}

TEST(ParseConfigTest, KnownKeysOfRayServeAreWarnings) {
  std::vector<std::string> warnings;
  parsed(
      "http_options: {root_url: x}\ngrpc_options: {port: 9000}\nlogging_config: {additional_log_standard_attrs: "
      "[lineno]}\n" +
          deployment("deployment_actors: []\nversion: v7"),
      {}, &warnings);
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("root_url"), HasSubstr("grpc_options"), HasSubstr("logging_config"),
                                    HasSubstr("deployment_actors"), HasSubstr("version")));
}

TEST(ParseConfigTest, LoggingConfigTakesThePythonSpellings) {
  const auto logging = [](const std::string& text) {
    return parsed("logging_config: " + text + "\n" + deployment("")).logging_config.value();
  };
  EXPECT_EQ(logging("{encoding: json, log_level: debug}"), (LoggingConfig{.encoding = "JSON", .log_level = "DEBUG"}));
  EXPECT_EQ(logging("{log_level: 30}").log_level, "WARNING");
  EXPECT_EQ(logging("{}"), LoggingConfig{});
  EXPECT_THAT(error_of("logging_config: {log_level: 31}\n" + deployment("")), HasSubstr("expected DEBUG, INFO"));
  EXPECT_THAT(error_of("logging_config: {logs_dir: logs}\n" + deployment("")), HasSubstr("expected the absolute path"));
  EXPECT_THAT(error_of("logging_config: {encodin: JSON}\n" + deployment("")), HasSubstr("did you mean 'encoding'"));
  EXPECT_EQ(parsed(deployment("logging_config: {log_level: ERROR}"))
                .applications.at(0)
                .deployments.at(0)
                .fields.at("logging_config"),
            R"({"encoding":"TEXT","log_level":"ERROR","logs_dir":"","enable_access_log":true,)"
            R"("additional_log_standard_attrs":[]})");
}

TEST(ParseConfigTest, TlsKeysAreRefusedRatherThanIgnored) {
  EXPECT_THAT(error_of("http_options: {ssl_certfile: a.pem}"),
              HasSubstr("http_options.ssl_certfile: TLS is not served yet"));
}

TEST(ParseConfigTest, UserConfigAndWarmUpBodiesAreAnyValue) {
  const auto fields =
      parsed(deployment("user_config: {threshold: 0.5}\nwarmup: [{method: embed, body: {text: hi}, count: 2}]"))
          .applications.at(0)
          .deployments.at(0)
          .fields;
  EXPECT_EQ(fields.at("user_config"), R"("{\"threshold\":0.5}")");
  EXPECT_EQ(fields.at("warmup"), R"([{"method":"embed","body":"{\"text\":\"hi\"}","count":2}])");
}

}  // namespace
}  // namespace manta::spec
