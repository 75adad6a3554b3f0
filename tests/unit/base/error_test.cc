#include <manta/error.h>

#include <gtest/gtest.h>

namespace manta {
namespace {

TEST(ErrorTest, NamesRoundTrip) {
  for (int i = 0; i <= static_cast<int>(ErrorCode::Internal); ++i) {
    const auto code = static_cast<ErrorCode>(i);
    EXPECT_EQ(error_code(name(code)), code);
  }
  EXPECT_EQ(error_code("Nonsense"), ErrorCode::Internal);
}

TEST(ErrorTest, AStatusOfItsOwnWins) {
  EXPECT_EQ(http_status(Error{.code = ErrorCode::Overloaded}), 503);
  EXPECT_EQ(http_status(Error{.code = ErrorCode::Overloaded, .status = 429}), 429);
}

}  // namespace
}  // namespace manta
