#include "api/custom_policies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <vector>

#include "routing/policies/policy_list.h"

namespace manta::api {
namespace {

constexpr TimePoint kPresent{std::chrono::hours(1)};

// What the policy "mine", which chooses by `function`, picks among four replicas, the third of which is the least
// loaded.
std::size_t picked(RoutingFunction function, const RequestContext* request = nullptr) {
  const auto policies = custom_policies({{.name = "mine", .make = [&](const std::string&) { return function; }}});
  auto policy = routing::make_policy("custom:mine", policies);
  EXPECT_TRUE(policy);
  std::vector<routing::ReplicaLoad> replicas;
  for (const int load : {5, 4, 0, 5})
    replicas.push_back({.in_flight = load, .others = 1, .reported_at = kPresent, .id_hash = replicas.size()});
  routing::Rng random(1);
  return (*policy)(replicas, {.now = kPresent, .request = request}, random).value_or(99);
}

TEST(CustomPoliciesTest, GetWhatTheCallerKnowsAndDecide) {
  RequestContext request;
  request.tenant = "acme";
  request.session_id = "s";
  request.priority = 3;
  const auto function = [](std::span<const RoutingReplica> replicas, const RoutingRequest& about) -> std::size_t {
    EXPECT_EQ(replicas.size(), 4U);
    EXPECT_EQ(replicas[1].in_flight, 4);
    EXPECT_EQ(replicas[1].load, 5);
    EXPECT_EQ(replicas[1].id_hash, 1U);
    EXPECT_EQ(about.tenant, "acme");
    EXPECT_EQ(about.session_id, "s");
    EXPECT_EQ(about.priority, 3);
    return 1;
  };
  EXPECT_EQ(picked(function, &request), 1U);
}

TEST(CustomPoliciesTest, WhatThrowsPicksNobodyOrIsNotMadeIsReplaced) {
  const auto throws = [](std::span<const RoutingReplica>, const RoutingRequest&) -> std::size_t {
    throw std::runtime_error("no");
  };
  const auto out_of_range = [](std::span<const RoutingReplica> replicas, const RoutingRequest&) {
    return replicas.size();
  };
  for (const RoutingFunction& function : {RoutingFunction(throws), RoutingFunction(out_of_range), RoutingFunction()})
    EXPECT_EQ(picked(function), 2U) << "the only one that is not full";
  const auto fails = [](const std::string&) -> RoutingFunction { throw std::runtime_error("no such options"); };
  auto policy = routing::make_policy("custom:mine", custom_policies({{.name = "mine", .make = fails}}));
  routing::Rng random(1);
  const std::vector<routing::ReplicaLoad> one(1);
  EXPECT_EQ((*policy)(one, {.now = kPresent}, random), 0U);
  EXPECT_EQ((*policy)({}, {.now = kPresent}, random), std::nullopt);
}

TEST(CustomPoliciesTest, GetTheirOptions) {
  std::string given;
  const auto make = [&](const std::string& options) {
    given = options;
    return RoutingFunction();
  };
  EXPECT_TRUE(routing::make_policy({.request_router_class = "custom:mine", .request_router_kwargs = {R"({"a":1})"}},
                                   custom_policies({{.name = "mine", .make = make}})));
  EXPECT_EQ(given, R"({"a":1})");
}

TEST(CustomPoliciesTest, ACallerThatHasNoneOfThatNameSaysSo) {
  const auto policy = routing::make_policy("custom:mine");
  ASSERT_FALSE(policy);
  EXPECT_EQ(policy.error().code, ErrorCode::InvalidArgument);
}

}  // namespace
}  // namespace manta::api
