#include "base/slot_table.h"

#include <gtest/gtest.h>

#include <memory>

namespace manta {
namespace {

using Table = SlotTable<std::unique_ptr<int>>;

TEST(SlotTableTest, FindsWhatWasAddedUntilItIsTaken) {
  Table table;
  const Table::Id one = table.add(std::make_unique<int>(1));
  const Table::Id two = table.add(std::make_unique<int>(2));
  EXPECT_EQ(table.size(), 2u);
  EXPECT_EQ(*table.at(one), 1);
  EXPECT_EQ(*table.take(two), 2);
  EXPECT_TRUE(table.contains(one));
  EXPECT_FALSE(table.contains(two));
  EXPECT_EQ(table.size(), 1u);
}

TEST(SlotTableTest, AnOldIdDoesNotFindItsSuccessor) {
  Table table;
  const Table::Id old = table.add(std::make_unique<int>(1));
  table.take(old);
  EXPECT_FALSE(table.contains(old));
  const Table::Id next = table.add(std::make_unique<int>(2));
  EXPECT_FALSE(table.contains(old));
  EXPECT_TRUE(table.contains(next));
  EXPECT_NE(old, next);
}

TEST(SlotTableTest, PlacesAreUsedAgain) {
  Table table;
  const Table::Id first = table.add(nullptr);
  for (int i = 0; i < 1000; ++i) table.take(table.add(nullptr));
  const auto place = [](Table::Id id) { return static_cast<std::uint32_t>(id); };
  EXPECT_EQ(place(table.add(nullptr)), place(first) + 1);
}

TEST(SlotTableTest, ContainsNeitherZeroNorWhatWasNeverGiven) {
  Table table;
  EXPECT_FALSE(table.contains(0));
  const Table::Id only = table.add(nullptr);
  EXPECT_FALSE(table.contains(0));
  EXPECT_FALSE(table.contains(only + 1));
  EXPECT_FALSE(table.contains(only + (Table::Id{1} << 32)));
}

TEST(SlotTableTest, AllThatItContainsIsTakenAtOnce) {
  Table table;
  EXPECT_TRUE(table.take_all().empty());
  const Table::Id first = table.add(std::make_unique<int>(1));
  const Table::Id second = table.add(std::make_unique<int>(2));
  table.add(std::make_unique<int>(3));
  table.take(first);
  const auto all = table.take_all();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(*all[0] + *all[1], 5);
  EXPECT_FALSE(table.contains(second));
  EXPECT_EQ(table.size(), 0u);
}

TEST(SlotTableTest, TakingLeavesNothingBehind) {
  SlotTable<std::shared_ptr<int>> table;
  const auto value = std::make_shared<int>(1);
  table.take(table.add(value));
  EXPECT_EQ(value.use_count(), 1);
}

}  // namespace
}  // namespace manta
