#include <manta/retry.h>

#include <gtest/gtest.h>

namespace manta {
namespace {

using std::chrono::milliseconds;

TEST(RetryTest, PausesDouble) {
  EXPECT_EQ(detail::back_off(milliseconds(10), 0, {}), milliseconds(10));
  EXPECT_EQ(detail::back_off(milliseconds(10), 3, {}), milliseconds(80));
}

TEST(RetryTest, AHintOfTheErrorIsHonoured) {
  EXPECT_EQ(detail::back_off(milliseconds(10), 0, {.retry_after_s = 2}), std::chrono::seconds(2));
}

TEST(RetryTest, TransientErrorsAreTriedAgain) {
  int calls = 0;
  const int result = retry(3, milliseconds(0), [&] {
    if (++calls < 3) throw Exception({ErrorCode::Overloaded, "full"});
    return calls;
  });
  EXPECT_EQ(result, 3);
}

TEST(RetryTest, TheLastErrorIsThrown) {
  int calls = 0;
  EXPECT_THROW(retry(2, milliseconds(0),
                     [&] {
                       ++calls;
                       throw Exception({ErrorCode::Unavailable, "no"});
                     }),
               Exception);
  EXPECT_EQ(calls, 2);
}

TEST(RetryTest, ErrorsOfTheApplicationAreNotTriedAgain) {
  int calls = 0;
  EXPECT_THROW(retry(5, milliseconds(0),
                     [&] {
                       ++calls;
                       throw Exception({ErrorCode::AppError, "bug"});
                     }),
               Exception);
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace manta
