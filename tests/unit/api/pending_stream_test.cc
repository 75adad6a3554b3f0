#include "api/pending_stream.h"

#include <vector>

#include <gtest/gtest.h>

#include <manta/detail/response.h>

#include "base/task_scope.h"
#include "unit/api/scripted_stream.h"

namespace manta::api {
namespace {

class PendingStreamTest : public ::testing::Test {
 protected:
  PendingStreamTest() { loop_.poll(); }
  ~PendingStreamTest() override { strand_->close(); }

  Reader<int> open() {
    const CallOptions options;
    return {caller_.stream({.method = "count", .options = options}), "count"};
  }
  void arrive(int from, int to) {
    for (int i = from; i < to; ++i) script_.arrive(i);
  }

  VirtualClock clock_;
  Loop loop_{clock_};
  StreamScript script_;
  std::shared_ptr<Strand> strand_ = std::make_shared<Strand>(loop_);
  StrandCaller caller_{strand_, std::make_shared<ScriptedTransport>(script_), {}};
  TaskScope scope_{loop_};
};

// What a reader saw that gathers the items that are here together.
struct Gathered {
  std::vector<std::size_t> sizes;
  std::vector<int> items;
  std::optional<Error> error;
  bool ended = false;
};

Task<void> gather_all(Reader<int> reader, Gathered* seen) {
  std::size_t size = 0;
  try {
    while (const auto item = co_await reader.next()) {
      seen->items.push_back(*item);
      ++size;
      if (!reader.ready()) seen->sizes.push_back(std::exchange(size, 0));
    }
  } catch (const Exception& exception) {
    seen->error = exception.error();
  }
  if (size > 0) seen->sizes.push_back(size);
  seen->ended = true;
}

TEST_F(PendingStreamTest, ItemsThatArriveTogetherResumeTheReaderOnce) {
  Gathered seen;
  scope_.spawn(gather_all(open(), &seen));
  arrive(0, 5);
  script_.tell();
  EXPECT_EQ(seen.items.size(), 5U) << "at once, without another turn of the loop";
  arrive(5, 8);
  script_.tell();
  EXPECT_EQ(seen.sizes, (std::vector<std::size_t>{5, 3}));
}

TEST_F(PendingStreamTest, AnItemThatComesAloneIsReadAtOnce) {
  Gathered seen;
  scope_.spawn(gather_all(open(), &seen));
  for (int i = 0; i < 3; ++i) {
    arrive(i, i + 1);
    script_.tell();
    EXPECT_EQ(seen.items.size(), static_cast<std::size_t>(i) + 1);
  }
  EXPECT_EQ(seen.sizes, (std::vector<std::size_t>{1, 1, 1}));
}

TEST_F(PendingStreamTest, TheReaderIsToldBeforeTheWriterWaitsForRoom) {
  Gathered seen;
  scope_.spawn(gather_all(open(), &seen));
  arrive(0, 1000);
  script_.end = Result<void>();
  script_.tell();
  loop_.poll();
  EXPECT_EQ(seen.items.size(), 1000U);
  EXPECT_TRUE(seen.ended);
  for (const std::size_t size : seen.sizes) EXPECT_LE(size, 64U) << "what may wait for a reader";
}

TEST_F(PendingStreamTest, NoMoreThanTheLimitIsTakenForAReaderThatDoesNotRead) {
  const Reader<int> reader = open();
  arrive(0, 1000);
  script_.tell();
  loop_.poll();
  EXPECT_EQ(script_.arrived.size(), 1000U - 64U);
  EXPECT_TRUE(reader.ready());
}

TEST_F(PendingStreamTest, LargeItemsFillItSooner) {
  const Reader<std::string> reader(caller_.stream({.method = "text", .options = {}}), "text");
  for (int i = 0; i < 10; ++i) script_.arrive(std::string(20 << 10, 'x'));
  script_.tell();
  loop_.poll();
  EXPECT_EQ(script_.arrived.size(), 6U) << "64 KiB and the item that went beyond";
}

TEST_F(PendingStreamTest, AnErrorComesBehindTheItemsBeforeIt) {
  Gathered seen;
  scope_.spawn(gather_all(open(), &seen));
  arrive(0, 3);
  script_.end = fail(ErrorCode::ReplicaDied, "gone");
  script_.tell();
  EXPECT_EQ(seen.items, (std::vector{0, 1, 2}));
  ASSERT_TRUE(seen.error);
  EXPECT_EQ(seen.error->code, ErrorCode::ReplicaDied);
}

TEST_F(PendingStreamTest, AReaderThatStopsBetweenItemsOfOneArrivalIsDestroyedInPeace) {
  const auto read_one = [](Reader<int> reader, std::optional<int>* read) -> Task<void> {
    *read = co_await reader.next();
  };
  std::optional<int> read;
  scope_.spawn(read_one(open(), &read));
  arrive(7, 200);
  script_.tell();
  loop_.poll();
  EXPECT_EQ(read, 7);
}

TEST_F(PendingStreamTest, RoomMadeByAnotherThreadJustBeforeTheWriterWaitsIsSeen) {
  const auto state = std::make_shared<detail::PendingStream::State>(strand_);
  ASSERT_FALSE(state->put(std::string(100 << 10, 'x'))) << "one item fills it";
  RoomAwaiter room{*state};
  ASSERT_FALSE(room.await_ready());
  detail::PendingStream reader(state);
  ASSERT_TRUE(reader.take());  // as on a thread of its own, between the two
  EXPECT_FALSE(room.await_suspend(std::noop_coroutine())) << "nobody would wake it";
}

}  // namespace
}  // namespace manta::api
