#include "ingress/event_boundary.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace manta::ingress {
namespace {

TEST(EventBoundaryTest, IsBetweenEventsAfterABlankLineOfAnyLineEnd) {
  struct Case {
    std::string bytes;
    bool between;
  };
  const std::vector<Case> cases{
      {"", true},
      {"data: x\n\n", true},
      {"data: x\r\n\r\n", true},
      {"data: x\r\r", true},
      {"data: x\n\r\n", true},
      {"data: x\r\n\n", true},
      {": keep-alive\n\n", true},
      {"\n", true},
      {"\r\n", true},
      {"d", false},
      {"data: x", false},
      {"data: x\n", false},
      {"data: x\r\n", false},
      {"data: x\r", false},
      {"data: x\n\nd", false},
      {"data: x\n\ndata: y\n", false},
  };
  for (const Case& c : cases) {
    for (std::size_t piece = 1; piece <= c.bytes.size() + 1; ++piece) {
      EventBoundary boundary;
      for (std::size_t at = 0; at < c.bytes.size(); at += piece)
        boundary.feed(std::string_view(c.bytes).substr(at, piece));
      EXPECT_EQ(boundary.between_events(), c.between) << testing::PrintToString(c.bytes) << " in pieces of " << piece;
    }
  }
}

TEST(EventBoundaryTest, AnEmptyPieceChangesNothing) {
  EventBoundary boundary;
  boundary.feed("data: x\n\n");
  boundary.feed("");
  EXPECT_TRUE(boundary.between_events());
}

}  // namespace
}  // namespace manta::ingress
