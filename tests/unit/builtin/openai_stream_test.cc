// How the chunks of a model become writes to the client.
#include <vector>

#include <gmock/gmock.h>

#include <manta/detail/method_table.h>

#include "base/task_scope.h"
#include "builtin/openai/endpoints.h"
#include "unit/api/scripted_stream.h"

namespace manta::builtin::openai {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class Client final : public detail::ItemSink {
 public:
  Task<Result<void>> write(std::string bytes) override {
    writes.push_back(std::move(bytes));
    co_return Result<void>();
  }
  Result<void> write_blocking(std::string) override { return {}; }
  void start(int, HttpHeaders) override { ++starts; }

  std::vector<std::string> writes;
  int starts = 0;
};

class OpenAiStreamTest : public ::testing::Test {
 protected:
  OpenAiStreamTest() {
    loop_.poll();
    endpoints_.models.llms = {"m"};
    endpoints_.llms.emplace_back(std::make_shared<api::StrandCaller>(
        strand_, std::make_shared<api::ScriptedTransport>(script_), api::CallPath()));
    scope_.spawn(ask(&endpoints_, &client_));
  }
  ~OpenAiStreamTest() override {
    scope_.cancel_all();
    strand_->close();
  }

  static Task<void> ask(const Endpoints* endpoints, Client* client) {
    auto answering =
        chat(*endpoints, R"({"messages": [{"role": "user", "content": "hi"}], "stream": true})", HttpWriter(*client));
    co_await answering;
  }

  void arrive(std::vector<GenerationChunk> chunks) {
    for (const GenerationChunk& chunk : chunks) script_.arrive(chunk);
    script_.tell();
  }

  VirtualClock clock_;
  Loop loop_{clock_};
  api::StreamScript script_;
  std::shared_ptr<api::Strand> strand_ = std::make_shared<api::Strand>(loop_);
  Endpoints endpoints_;
  Client client_;
  TaskScope scope_{loop_};
};

TEST_F(OpenAiStreamTest, AnEventLeavesAsSoonAsItsChunkHasCome) {
  EXPECT_EQ(client_.starts, 0) << "an early failure still has a status of its own";
  arrive({{.text = "one"}});
  EXPECT_EQ(client_.starts, 1);
  EXPECT_THAT(client_.writes, ElementsAre(HasSubstr(R"("content":"one")")));
  arrive({{.text = "two"}});
  EXPECT_THAT(client_.writes, ElementsAre(HasSubstr("one"), HasSubstr("two")));
}

TEST_F(OpenAiStreamTest, ChunksThatComeTogetherShareAWrite) {
  arrive({{.text = "one"}});
  arrive({{.text = "two"}, {.text = "three"}, {.text = "\"four\""}});
  ASSERT_EQ(client_.writes.size(), 2U);
  EXPECT_THAT(client_.writes[1], HasSubstr("two"));
  EXPECT_THAT(client_.writes[1], HasSubstr("three"));
  EXPECT_THAT(client_.writes[1], HasSubstr(R"("content":"\"four\"")"));
}

TEST_F(OpenAiStreamTest, TheEndGoesWithTheLastTextIfItIsHere) {
  script_.end = Result<void>();
  arrive({{.text = "one"}, {.finish_reason = "stop"}});
  ASSERT_EQ(client_.writes.size(), 1U);
  EXPECT_THAT(client_.writes[0], HasSubstr("one"));
  EXPECT_THAT(client_.writes[0], EndsWith("data: [DONE]\n\n"));
}

TEST_F(OpenAiStreamTest, AnErrorBehindChunksThatAreHereTellsThemFirst) {
  script_.end = fail(ErrorCode::ReplicaDied, "lost it");
  arrive({{.text = "one"}, {.text = "two"}});
  std::string all;
  for (const std::string& bytes : client_.writes) all += bytes;
  EXPECT_THAT(all, HasSubstr(R"("content":"two")"));
  EXPECT_GT(all.find("lost it"), all.find(R"("content":"two")"));
}

TEST_F(OpenAiStreamTest, TextThatIsNoUtf8EndsTheStreamWithAnErrorBehindWhatCameBefore) {
  arrive({{.text = "one"}, {.text = "\xff"}, {.text = "three"}});
  ASSERT_EQ(client_.writes.size(), 1U);
  EXPECT_THAT(client_.writes[0], HasSubstr("one"));
  EXPECT_THAT(client_.writes[0], HasSubstr("not UTF-8"));
  EXPECT_THAT(client_.writes[0], Not(HasSubstr("three")));
}

}  // namespace
}  // namespace manta::builtin::openai
