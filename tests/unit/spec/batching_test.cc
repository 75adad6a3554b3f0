#include "spec/batching.h"

#include <gmock/gmock.h>

#include "spec/deployment_override.h"
#include "unit/spec/parsed.h"

namespace manta::spec {
namespace {

using ::testing::HasSubstr;

struct FitCase {
  const char* name;
  int max_ongoing;
  BatchingConfig batcher;
  bool given;
  int expected;  // 0: refused
};
class FitBatchesTest : public ::testing::TestWithParam<FitCase> {};

TEST_P(FitBatchesTest, RaisesOrRefuses) {
  const FitCase& c = GetParam();
  DeploymentConfig config{.max_ongoing_requests = c.max_ongoing, .batching = {{"b", c.batcher}}};
  const Result<void> fits = fit_batches(config, c.given);
  EXPECT_EQ(config.raise_for_batches, !c.given);
  if (c.expected == 0) {
    ASSERT_FALSE(fits);
    EXPECT_EQ(fits.error().code, ErrorCode::InvalidArgument);
    EXPECT_THAT(fits.error().message, HasSubstr("max_ongoing_requests is " + std::to_string(c.max_ongoing)));
    EXPECT_THAT(fits.error().message, HasSubstr("batches of 64"));
  } else {
    EXPECT_TRUE(fits) << fits.error().message;
    EXPECT_EQ(config.max_ongoing_requests, c.expected);
  }
}

const BatchingConfig kSixtyFour{.max_batch_size = 32, .max_concurrent_batches = 2};
INSTANTIATE_TEST_SUITE_P(
    Table, FitBatchesTest,
    ::testing::Values(FitCase{"NotGivenIsRaised", 5, kSixtyFour, false, 64},
                      FitCase{"OneBatchAtATime", 5, {.max_batch_size = 32}, false, 32},
                      FitCase{"EnoughStays", 100, kSixtyFour, true, 100},
                      FitCase{"JustEnough", 64, kSixtyFour, true, 64},
                      FitCase{"TooLowIsRefused", 63, kSixtyFour, true, 0},
                      FitCase{"SmallBatchesRaiseNothing", 5, {.max_batch_size = 4}, false, 5},
                      FitCase{"ASizeOfTheCodeIsNotKnownHere", 5, {.max_concurrent_batches = 9}, true, 5}),
    [](const auto& info) { return info.param.name; });

ApplicationGraph graph_of(DeploymentConfig config) {
  config.name = "D";
  return {.name = "app",
          .ingress = "D",
          .nodes = {{.name = "D",
                     .config = std::move(config),
                     .methods = {{.name = "get", .idempotent = true},
                                 {.name = "put"},
                                 {.name = "watch", .idempotent = true, .streams = true},
                                 {.name = "page", .idempotent = true, .raw_http = true},
                                 {.name = "where_am_i", .idempotent = true}}}}};
}

TEST(FitBatchesTest, FiveIsGivenOnlyInAFile) {
  const std::string batching = "batching: {b: {max_batch_size: 32}}\n";
  const auto fits = [](const std::string& lines, int in_code) {
    const ApplicationConfig application = parsed(deployment(lines)).applications.at(0);
    auto graph = apply_overrides(graph_of({.max_ongoing_requests = in_code}), application).value();
    const Result<void> fitted = fit_batches(graph, application.deployments);
    return fitted ? std::to_string(graph.nodes[0].config.max_ongoing_requests) : fitted.error().detail;
  };
  EXPECT_EQ(fits(batching, 5), "32");
  EXPECT_EQ(fits(batching, 8), "deployments[0]");
  EXPECT_EQ(fits(batching + "max_ongoing_requests: 5", 5), "deployments[0]");
  EXPECT_EQ(fits(batching + "max_ongoing_requests: 5\nraise_for_batches: true", 5), "32");
  EXPECT_EQ(fits(batching + "raise_for_batches: false", 5), "deployments[0]");
}

TEST(BatchingSectionTest, EveryMistakeIsToldWithItsPlace) {
  const auto batcher = [](const std::string& fields) {
    return error_of(deployment("batching: {b: {" + fields + "}}"));
  };
  EXPECT_EQ(batcher("max_batch_size: 32, batch_wait_timeout_s: 0.1, wait: adaptive, buckets: [16, 64]"), "");
  EXPECT_THAT(batcher("max_batch_size: 0"), HasSubstr("expected 1 to 1048576, found 0"));
  EXPECT_THAT(batcher("max_batch_siz: 3"), HasSubstr("did you mean 'max_batch_size'?"));
  EXPECT_THAT(batcher("batch_wait_timeout_s: -1"), HasSubstr("expected 0 or more"));
  EXPECT_THAT(batcher("max_concurrent_batches: 0"), HasSubstr("expected 1 to 1024"));
  EXPECT_THAT(batcher("max_cost: 0"), HasSubstr("expected more than 0"));
  EXPECT_THAT(batcher("wait: sometimes"), HasSubstr("expected fixed or adaptive, found 'sometimes'"));
  EXPECT_THAT(batcher("buckets: [16, 16]"), HasSubstr("ascending"));
  EXPECT_THAT(error_of(deployment("response_cache: {ttl_s: -1}")), HasSubstr("expected 0 or more"));
  EXPECT_THAT(error_of(deployment("response_cache: {max_bytes: 1}")), HasSubstr("expected 1024 or more"));
  EXPECT_THAT(error_of(deployment("response_cache: {ttl_s: 0, single_flight: false}")),
              HasSubstr("leave response_cache out"));
}

struct CacheCase {
  std::vector<std::string> methods;
  const char* fault;
};
class ResponseCacheMethodsTest : public ::testing::TestWithParam<CacheCase> {};

TEST_P(ResponseCacheMethodsTest, OnlyThoseWhoseAnswersCanBeKept) {
  const auto graph = graph_of({.response_cache = ResponseCacheConfig{.methods = GetParam().methods}});
  const Result<void> valid = validate(graph);
  if (std::string_view(GetParam().fault).empty())
    EXPECT_TRUE(valid) << valid.error().message;
  else
    EXPECT_THAT(valid.error().message, HasSubstr(GetParam().fault));
}
INSTANTIATE_TEST_SUITE_P(Table, ResponseCacheMethodsTest,
                         ::testing::Values(CacheCase{{}, ""}, CacheCase{{"get"}, ""},
                                           CacheCase{{"put"}, "is not marked manta::idempotent"},
                                           CacheCase{{"get", "watch"}, "methods[1]: answers of 'watch'"},
                                           CacheCase{{"page"}, "takes the HTTP request as it came"},
                                           CacheCase{{"gett"}, "did you mean 'get'?"}));

TEST(ResponseCacheMethodsTest, ADeploymentWithoutAnyIsTold) {
  ApplicationGraph graph = graph_of({.response_cache = ResponseCacheConfig{}});
  std::erase_if(graph.nodes[0].methods, [](const MethodSpec& method) { return method.name == "get"; });
  EXPECT_THAT(validate(graph).error().message, HasSubstr("has no method whose answers can be kept"));
  EXPECT_FALSE(keeps_answers({}, {.name = "where_am_i", .idempotent = true}));
  EXPECT_TRUE(keeps_answers({}, {.name = "get", .idempotent = true}));
  EXPECT_FALSE(keeps_answers({.methods = {"other"}}, {.name = "get", .idempotent = true}));
}

}  // namespace
}  // namespace manta::spec
