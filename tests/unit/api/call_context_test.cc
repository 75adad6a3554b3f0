#include "api/call_context.h"

#include <gtest/gtest.h>

namespace manta::api {
namespace {

using std::chrono::seconds;

TEST(CallContextTest, WithoutOptionsItIsTheRequestsOwn) {
  const auto request = std::make_shared<RequestContext>();
  request->request_id = "r";
  EXPECT_EQ(call_context(request, {}), request);
}

TEST(CallContextTest, WhatRunsWithoutARequestsIdGetsOne) {
  const auto hook = std::make_shared<RequestContext>();
  const auto context = call_context(hook, {});
  EXPECT_EQ(context->request_id.size(), 32u);
  EXPECT_TRUE(hook->request_id.empty());
}

TEST(CallContextTest, OutsideARequestItGetsAnId) {
  const auto first = call_context(nullptr, {}), second = call_context(nullptr, {});
  EXPECT_EQ(first->request_id.size(), 32u);
  EXPECT_NE(first->request_id, second->request_id);
  EXPECT_EQ(first->deadline, RequestContext::TimePoint::max());
}

TEST(CallContextTest, TheEarlierDeadlineCounts) {
  const auto request = std::make_shared<RequestContext>();
  request->deadline = std::chrono::steady_clock::now() + seconds(1);
  EXPECT_EQ(call_context(request, {.timeout = seconds(100)})->deadline, request->deadline);
  EXPECT_LT(call_context(request, {.timeout = std::chrono::milliseconds(1)})->deadline, request->deadline);
}

TEST(CallContextTest, OptionsOverrideAndTheRestIsInherited) {
  const auto request = std::make_shared<RequestContext>();
  request->request_id = "r";
  request->session_id = "s";
  request->traceparent = "t";
  request->priority = 1;
  request->cancelled = true;
  const auto context = call_context(request, {.multiplexed_model_id = "m", .priority = 5});
  EXPECT_EQ(context->request_id, "r");
  EXPECT_EQ(context->session_id, "s");
  EXPECT_EQ(context->traceparent, "t");
  EXPECT_EQ(context->multiplexed_model_id, "m");
  EXPECT_EQ(context->priority, 5);
  EXPECT_FALSE(context->cancelled);
}

}  // namespace
}  // namespace manta::api
