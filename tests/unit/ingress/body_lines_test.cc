#include "ingress/body_lines.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "base/task_scope.h"
#include "net/body_stream.h"
#include "net/items.h"
#include "unit/net/quiet_exchange.h"

namespace manta::ingress {
namespace {

// An exchange of which nothing is used but its body.
class BodyOnly final : public net::QuietExchange {
 public:
  BodyOnly(Loop& loop, net::ReceiveBudget& budget)
      : body(std::make_shared<net::BodyStream>(loop, budget, [](std::size_t) {})) {}
  net::BodyStream* body_stream() override { return body.get(); }

  std::shared_ptr<net::BodyStream> body;
};

class BodyLinesTest : public ::testing::Test {
 protected:
  using Batch = routing::InputSource::Batch;

  static std::vector<std::string> items(const Batch& batch) {
    net::ItemSplitter splitter;
    splitter.feed(batch.body);
    std::vector<std::string> all;
    while (auto item = splitter.next()) {
      if (!*item) break;
      all.push_back(**item);
    }
    return all;
  }
  void read() {
    scope_.spawn(read_one());
    loop_.poll();
  }
  Task<void> read_one() {
    auto reading = lines_->next();
    batches_.push_back(co_await reading);
  }
  void come(std::string_view text) {
    body().add(text);
    loop_.poll();
  }
  net::BodyStream& body() { return *exchange_->body; }

  VirtualClock clock_;
  Loop loop_{clock_};
  net::ReceiveBudget budget_{1 << 20};
  std::shared_ptr<BodyOnly> exchange_ = std::make_shared<BodyOnly>(loop_, budget_);
  std::unique_ptr<BodyLines> lines_ = std::make_unique<BodyLines>(loop_, exchange_, 100);
  std::vector<Batch> batches_;
  TaskScope scope_{loop_};
};

TEST_F(BodyLinesTest, ALineIsGivenOnAsSoonAsItIsComplete) {
  read();
  come("{\"a\":");
  EXPECT_TRUE(batches_.empty());
  come("1}\n[2");
  ASSERT_EQ(batches_.size(), 1u);
  EXPECT_EQ(items(batches_[0]), std::vector<std::string>{"{\"a\":1}"});
  EXPECT_FALSE(batches_[0].last);
}

TEST_F(BodyLinesTest, WhatCameMeanwhileGoesInOneBatchWithTheEnd) {
  come("1\n\n  \r\n2\n3");
  body().finish();
  read();
  ASSERT_EQ(batches_.size(), 1u);
  EXPECT_EQ(items(batches_[0]), (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_TRUE(batches_[0].last);
  EXPECT_FALSE(batches_[0].error);
}

TEST_F(BodyLinesTest, ABodyThatBreaksOffGivesItsWholeLinesAndTheReason) {
  come("1\n2");
  body().fail({.code = ErrorCode::InvalidArgument, .message = "no chunk"});
  read();
  ASSERT_EQ(batches_.size(), 1u);
  EXPECT_EQ(items(batches_[0]), std::vector<std::string>{"1"});
  EXPECT_TRUE(batches_[0].last);
  EXPECT_EQ(batches_[0].error->message, "no chunk");
}

TEST_F(BodyLinesTest, ALineThatNeverEndsIsTheEnd) {
  read();
  come(std::string(101, 'x'));
  ASSERT_EQ(batches_.size(), 1u);
  EXPECT_TRUE(batches_[0].last);
  EXPECT_EQ(batches_[0].error->status, 413);
}

TEST_F(BodyLinesTest, MemoryIsGivenBackWithTheNextBatch) {
  come("1\n2\n");
  read();
  EXPECT_EQ(budget_.used(), 4u) << "the batch is on its way";
  read();
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(BodyLinesTest, WhatIsLeftWhenItIsDroppedIsGivenBack) {
  come("1\n2");
  read();
  scope_.cancel_all();
  lines_.reset();
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(BodyLinesTest, StoppedItLetsTheClientSendTheRest) {
  come("1\n2");
  read();
  lines_->stop();
  come(std::string(5000, 'x'));
  EXPECT_EQ(body().waiting(), 0u);
  EXPECT_EQ(budget_.used(), 0u);
}

TEST_F(BodyLinesTest, ALineThatIsLongIsGivenOnPieceByPieceOfTheBudget) {
  lines_ = std::make_unique<BodyLines>(loop_, exchange_, 1 << 20);
  read();
  for (int i = 0; i < 10; ++i) come(std::string(100, 'x'));
  EXPECT_EQ(budget_.used(), 1000u);
  come("\n");
  ASSERT_EQ(batches_.size(), 1u);
  EXPECT_EQ(items(batches_[0]).at(0).size(), 1000u);
}

TEST_F(BodyLinesTest, TheFirstLineIsWaitedForUntilItsTime) {
  std::optional<Result<std::optional<std::string>>> first;
  const auto ask = [](BodyLines* lines, TimePoint until, auto* into) -> Task<void> {
    auto reading = lines->first(until);
    *into = co_await reading;
  };
  scope_.spawn(ask(lines_.get(), loop_.now() + std::chrono::seconds(30), &first));
  clock_.advance(std::chrono::seconds(29));
  loop_.poll();
  EXPECT_FALSE(first);
  clock_.advance(std::chrono::seconds(2));
  loop_.poll();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->error().code, ErrorCode::DeadlineExceeded);
  come("[1]\n2\n");
  scope_.spawn(ask(lines_.get(), TimePoint::max(), &first));
  EXPECT_EQ(**first, "[1]");
  read();
  EXPECT_EQ(items(batches_.at(0)), std::vector<std::string>{"2"});
}

}  // namespace
}  // namespace manta::ingress
