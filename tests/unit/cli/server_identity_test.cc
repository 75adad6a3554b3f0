#include "cli/server_identity.h"

#include <gtest/gtest.h>

namespace manta::cli {
namespace {

using Kind = ServerIdentity::Kind;

ServerIdentity of(const std::string& body, const std::string& server = "") {
  return identify({.server = server, .body = body});
}

TEST(ServerIdentityTest, MantaAndRayDifferByTheVersionThatOnlyMantaHas) {
  EXPECT_EQ(of(R"({"version":"4","ray_version":"2.60.0","session_name":"manta","manta_version":"0.1.0"})"),
            (ServerIdentity{.kind = Kind::Manta, .version = "0.1.0"}));
  EXPECT_EQ(of(R"({"version":"4","ray_version":"2.60.0","ray_commit":"abc","session_name":"session_1"})"),
            (ServerIdentity{.kind = Kind::RayDashboard, .version = "2.60.0"}));
}

TEST(ServerIdentityTest, PublicDoorsOfMantaAndRayServeSayTheSameAndDifferByTheirServer) {
  const std::string page = "Path '/api/ray/version' not found. Ping http://.../-/routes for available routes.";
  EXPECT_EQ(of(page, "uvicorn").kind, Kind::RayServe);
  EXPECT_EQ(of(page), (ServerIdentity{.kind = Kind::Manta}));
  EXPECT_EQ(of("Path '/api/ray/version' not found.", "uvicorn").kind, Kind::Unknown);
}

TEST(ServerIdentityTest, MetricsOfARayNodeAreKnownByTheirNames) {
  EXPECT_EQ(of("# HELP ray_node_cpu_count CPUs\n# TYPE ray_node_cpu_count gauge\n").kind, Kind::RayMetrics);
  EXPECT_EQ(of("# HELP up x\nup 1\n# HELP ray_tasks Tasks\n").kind, Kind::RayMetrics);
  EXPECT_EQ(of("# HELP array_size x\n").kind, Kind::Unknown);
}

TEST(ServerIdentityTest, OtherProgramsAreUnknown) {
  for (const char* body : {"", "<html></html>", "{}", "[]", R"({"version":"1"})", R"({"error":"not found"})"})
    EXPECT_EQ(of(body).kind, Kind::Unknown) << body;
}

TEST(ServerIdentityTest, IsDescribedWithWhatIsKnown) {
  EXPECT_EQ(description({.kind = Kind::RayDashboard, .version = "2.60.0"}), "Ray's dashboard (Ray 2.60.0)");
  EXPECT_EQ(description({.kind = Kind::Manta}), "another instance of Manta");
  EXPECT_EQ(description({.kind = Kind::Unknown}), "another program");
}

}  // namespace
}  // namespace manta::cli
