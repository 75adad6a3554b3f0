#include "simulate/booking.h"

#include <gtest/gtest.h>

namespace manta::simulate {
namespace {

const runtime::NodeInfo kNode{.node_id = "a", .total = {.num_cpus = 4, .num_gpus = 2, .resources = {{"disk", 1}}}};

spec::Bundle cpus(double count) { return {.node_id = "a", .resources = {.num_cpus = count}}; }

TEST(BookingTest, WhatFitsExactlyIsNoFault) { EXPECT_EQ(overbooked(kNode, {cpus(1.5), cpus(2.5)}), ""); }

TEST(BookingTest, SharesOfOtherNodesDoNotCount) {
  spec::Bundle elsewhere = cpus(4);
  elsewhere.node_id = "b";
  EXPECT_EQ(overbooked(kNode, {cpus(4), elsewhere}), "");
}

TEST(BookingTest, NoticesEachKind) {
  EXPECT_NE(overbooked(kNode, {cpus(3), cpus(1.1)}).find("CPUs"), std::string::npos);
  const spec::Bundle disk{.node_id = "a", .resources = {.num_cpus = 0, .resources = {{"disk", 0.6}}}};
  EXPECT_NE(overbooked(kNode, {disk, disk}).find("disk"), std::string::npos);
  const spec::Bundle half{.node_id = "a", .resources = {.num_cpus = 0, .num_gpus = 0.6}, .gpus = {1}};
  EXPECT_NE(overbooked(kNode, {half, half}).find("device 1"), std::string::npos);
}

}  // namespace
}  // namespace manta::simulate
