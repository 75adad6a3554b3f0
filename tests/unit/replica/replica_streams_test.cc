// Streams out of methods.

#include "net/wire.h"
#include "replica/stream_answer.h"
#include "unit/net/quiet_exchange.h"
#include "unit/replica/replica_fixture.h"

namespace manta::replica {
namespace {

using std::chrono::seconds;

class SlowReader final : public net::QuietExchange {
 public:
  void write(std::string_view bytes) override { written += bytes; }
  std::size_t queued() const override { return written.size(); }
  bool closed() const override { return has_gone; }

  std::string written;  // and read by nobody
  bool has_gone = false;
};

class StreamAnswerTest : public testing::Test {
 protected:
  VirtualClock clock_;
  Loop loop_{clock_};
  std::shared_ptr<SlowReader> reader_ = std::make_shared<SlowReader>();
  std::shared_ptr<StreamAnswer> answer_ = std::make_shared<StreamAnswer>(
      loop_, reader_, StreamAnswer::Options{.kind = StreamKind::Raw, .buffer = 1000, .keep_alive = seconds(15)});
};

TEST_F(StreamAnswerTest, TakesItemsAtOnceUntilTheReaderIsBehind) {
  EXPECT_EQ(answer_->try_write(std::string(500, 'a')), true);
  EXPECT_EQ(answer_->try_write(std::string(500, 'b')), false);
  EXPECT_EQ(reader_->written, std::string(500, 'a')) << "what has not been taken has not been written";
  reader_->written.clear();
  EXPECT_EQ(answer_->try_write(std::string(500, 'b')), true);
  EXPECT_EQ(reader_->written, std::string(500, 'b'));
}

TEST_F(StreamAnswerTest, TakesNothingWhenNobodyReadsAnyMore) {
  reader_->has_gone = true;
  const Result<bool> taken = answer_->try_write("a");
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, ErrorCode::Cancelled);
  EXPECT_EQ(reader_->written, "");
}

TEST_F(ReplicaServerTest, StreamsAsEventsWithCommentsWhileSilent) {
  start();
  const auto events = call("/stream", {{"accept", net::wire::kEventStream}});
  EXPECT_EQ(events->headers().get("content-type"), net::wire::kEventStream);
  EXPECT_EQ(events->take(), "data: 1\n\n");
  advance(seconds(15));
  EXPECT_EQ(events->take(), "");
  advance(seconds(15));
  EXPECT_EQ(events->take(), "data: 2\n\n");
  advance(seconds(10));
  EXPECT_TRUE(events->ended());
}

TEST_F(ReplicaServerTest, ASilentEventStreamGetsAComment) {
  options.keep_alive = seconds(7);
  start();
  const auto events = call("/stream", {{"accept", net::wire::kEventStream}});
  advance(seconds(15));
  EXPECT_EQ(events->take(), "data: 1\n\n: keep-alive\n\n");
}

TEST_F(ReplicaServerTest, StreamsAsLinesByDefaultAndAsItemsForHandles) {
  start();
  const auto lines = call("/stream");
  EXPECT_EQ(lines->take(), "1\n");
  const auto items = call("/stream", {{"content-type", net::wire::kMsgPack}});
  EXPECT_EQ(items->take(), std::string("\0\0\0\0\1", 5) + "1");
  advance(seconds(40));
  EXPECT_TRUE(items->ended());
  EXPECT_EQ(items->trailers().get(net::wire::kStatus), "ok");
  EXPECT_EQ(server->open_streams(), 0u);
}

TEST_F(ReplicaServerTest, AStreamThatFailsHalfWaySaysSo) {
  start();
  EXPECT_NE(call("/breaks", {{"accept", net::wire::kEventStream}})->take().find("event: error\ndata: {\"error\""),
            std::string::npos);
  const auto items = call("/breaks", {{"accept", net::wire::kItems}});
  EXPECT_EQ(items->trailers().get(net::wire::kStatus), "AppError");
  EXPECT_TRUE(items->trailers().has(net::wire::kErrorJson));
  EXPECT_FALSE(items->trailers().has(net::wire::kErrorStatus)) << "the code's own";
}

TEST_F(ReplicaServerTest, AnErrorInAStreamKeepsAStatusOfItsOwn) {
  start();
  const auto items = call("/breaks_as_teapot", {{"accept", net::wire::kItems}});
  EXPECT_EQ(items->trailers().get(net::wire::kErrorStatus), "418");
}

}  // namespace
}  // namespace manta::replica
