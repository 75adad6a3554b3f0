#include "cli/systemd_command.h"

#include <gmock/gmock.h>

namespace manta::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<SystemdUnit> units(const SystemdRequest& request) {
  auto made = systemd_units(request, "/usr/local/bin/manta");
  EXPECT_TRUE(made) << (made ? "" : made.error().message);
  return made.value_or(std::vector<SystemdUnit>{});
}

std::string refusal(const SystemdRequest& request) {
  const auto made = systemd_units(request, "/usr/local/bin/manta");
  return made ? "accepted" : made.error().message;
}

TEST(SystemdUnitsTest, OneMachineNeedsNoRay) {
  const auto made = units({.state_dir = "/var/lib/manta/one", .user = "serving"});
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(made[0].name, "manta.service");
  EXPECT_THAT(made[0].text,
              AllOf(HasSubstr("\nExecStart=/usr/local/bin/manta start --state-dir /var/lib/manta/one\n"),
                    HasSubstr("\nUser=serving\n"), HasSubstr("\nStateDirectory=manta/one\n"),
                    HasSubstr("\nKillMode=mixed\n"), Not(HasSubstr("RAY_")), Not(HasSubstr("manta-ray"))));
}

TEST(SystemdUnitsTest, TheHeadHasRayAndMantaOnIt) {
  const auto made = units({.role = "head", .address = "10.0.1.5:6379", .state_dir = "/srv/manta"});
  ASSERT_EQ(made.size(), 2u);
  EXPECT_EQ(made[0].name, "manta-ray-head.service");
  EXPECT_THAT(made[0].text, AllOf(HasSubstr(" start --head --node-ip-address=10.0.1.5 --port=6379 "),
                                  HasSubstr(" --block\n"), HasSubstr("RAY_AUTH_MODE=token")));
  EXPECT_EQ(made[1].name, "manta.service");
  EXPECT_THAT(
      made[1].text,
      AllOf(HasSubstr("\nExecStart=/usr/local/bin/manta start --backend ray --address 10.0.1.5:6379 --state-dir "
                      "/srv/manta\n"),
            HasSubstr("\nRequires=manta-ray-head.service\n"), HasSubstr("RAY_AUTH_TOKEN_PATH="),
            HasSubstr("\nEnvironment=MANTA_RAY_PYTHON=/opt/manta/ray/bin/python\n"),
            Not(HasSubstr("StateDirectory="))));
}

TEST(SystemdUnitsTest, WhatIsWrittenIsForTheUserAlone) {
  for (const std::string role : {"head", "worker"})
    for (const SystemdUnit& unit : units({.role = role, .address = "10.0.1.5:6379"}))
      EXPECT_THAT(unit.text, AllOf(HasSubstr("\nUMask=0077\n"), HasSubstr("\nStateDirectory=manta\n"),
                                   HasSubstr("\nStateDirectoryMode=0700\n"), Not(HasSubstr("RAY_gcs_storage"))))
          << unit.name;
}

TEST(SystemdUnitsTest, RaysTablesOutliveItsHeadInAFolderOfTheirOwn) {
  const auto made = units({.role = "head", .address = "10.0.1.5:6379", .ray_store = "/var/lib/manta-ray"});
  ASSERT_EQ(made.size(), 2u);
  EXPECT_THAT(made[0].text,
              AllOf(HasSubstr("\nEnvironment=RAY_gcs_storage=rocksdb RAY_gcs_storage_path=/var/lib/manta-ray\n"),
                    HasSubstr("\nStateDirectory=manta manta-ray\n"), HasSubstr("\nStateDirectoryMode=0700\n")));
  EXPECT_THAT(made[1].text, Not(HasSubstr("RAY_gcs_storage")));
  EXPECT_THAT(refusal({.role = "worker", .address = "10.0.1.5:6379", .ray_store = "/a"}), HasSubstr("--ray-store"));
  EXPECT_THAT(refusal({.role = "head", .address = "10.0.1.5:6379", .ray_store = "a"}), HasSubstr("an absolute path"));
}

TEST(SystemdUnitsTest, AWorkerOnlyJoins) {
  const auto made = units({.role = "worker", .address = "10.0.1.5:6379", .ray = "/opt/ray/bin/ray"});
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(made[0].name, "manta-ray-worker.service");
  EXPECT_THAT(made[0].text, AllOf(HasSubstr("\nExecStart=/opt/ray/bin/ray start --address=10.0.1.5:6379 "),
                                  Not(HasSubstr("manta start"))));
}

TEST(SystemdUnitsTest, WhatCannotStandInAUnitIsRefused) {
  EXPECT_THAT(refusal({.role = "head"}), HasSubstr("--address ''"));
  EXPECT_THAT(refusal({.role = "head", .address = "10.0.1.5"}), HasSubstr("10.0.1.5:6379"));
  EXPECT_THAT(refusal({.role = "head", .address = "10.0.1.5:99999"}), HasSubstr("--address"));
  EXPECT_THAT(refusal({.role = "other", .address = "10.0.1.5:6379"}), HasSubstr("expected head or worker"));
  EXPECT_THAT(refusal({.address = "10.0.1.5:6379"}), HasSubstr("--address belongs to"));
  EXPECT_THAT(refusal({.state_dir = "state"}), HasSubstr("an absolute path"));
  EXPECT_THAT(refusal({.state_dir = "/var/lib/a b"}), HasSubstr("--state-dir"));
  EXPECT_THAT(refusal({.user = "%u"}), HasSubstr("--user"));
  EXPECT_THAT(refusal({.user = "a\nExecStart=/bin/sh"}), HasSubstr("--user"));
}

}  // namespace
}  // namespace manta::cli
