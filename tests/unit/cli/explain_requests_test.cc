#include "cli/explain_requests.h"

#include <gtest/gtest.h>

namespace manta::cli {
namespace {

TEST(ExplainRequestsTest, CandidatesHaveTheirLoads) {
  control::DeploymentDetails deployment{.name = "Llm"};
  deployment.deployment_config.max_ongoing_requests = 5;
  deployment.deployment_config.request_router_config.request_router_class = "least_loaded";
  deployment.replicas = {{.replica_id = "a", .state = "RUNNING", .ongoing_requests = 5},
                         {.replica_id = "b", .state = "STARTING"},
                         {.replica_id = "c", .state = "PENDING_MIGRATION", .ongoing_requests = 2}};
  EXPECT_EQ(candidates_text(deployment),
            "least_loaded: the one with the fewest requests\na  5 of 5 requests, full\nc  2 of 5 requests");
}

TEST(ExplainRequestsTest, WhatWasTurnedAwayIsToldByItsBound) {
  const char* page =
      "ray_serve_manta_router_turned_away{application=\"rag\",deployment=\"Llm\",handle=\"p\",reason=\"queue_count\"} "
      "3\n"
      "ray_serve_manta_router_turned_away{application=\"rag\",deployment=\"Llm\",handle=\"q\",reason=\"queue_count\"} "
      "4\n"
      "ray_serve_manta_router_turned_away{application=\"rag\",deployment=\"Llm\",handle=\"p\",reason=\"rate\"} 0\n"
      "ray_serve_manta_router_turned_away{application=\"rag\",deployment=\"Other\",handle=\"p\",reason=\"rate\"} 9\n"
      "ray_serve_manta_router_open_breakers{application=\"rag\",deployment=\"Llm\"} 1\n"
      "ray_serve_deployment_error_counter{application=\"rag\",deployment=\"Llm\",exception_type=\"DeadlineExceeded\"} "
      "2\n";
  EXPECT_EQ(turned_away_text("rag", "Llm", page),
            "2 by a deadline that passed while they ran\n7 by max_queued_requests\n"
            "1 by replicas kept away from now by their circuit breaker");
  EXPECT_EQ(turned_away_text("rag", "Embed", page), "");
}

}  // namespace
}  // namespace manta::cli
