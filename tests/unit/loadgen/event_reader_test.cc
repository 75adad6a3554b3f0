#include "loadgen/event_reader.h"

#include <gtest/gtest.h>

namespace manta::loadgen {
namespace {

TEST(EventReaderTest, CutsEventsWhereverTheBytesAreCut) {
  const std::string stream = "data: one\n\n: a comment\n\nevent: x\r\ndata: two\r\ndata:three\r\n\r\ndata: half";
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    EventReader reader;
    std::vector<std::string> found;
    for (const std::string& part : {stream.substr(0, cut), stream.substr(cut)}) {
      reader.add(part);
      while (const auto event = reader.next()) found.push_back(*event);
    }
    EXPECT_EQ(found, (std::vector<std::string>{"one", "two\nthree"})) << cut;
  }
}

TEST(EventReaderTest, KnowsWhatAnEventOfOpenAiHolds) {
  EXPECT_TRUE(read_event("[DONE]").is_done);
  EXPECT_TRUE(read_event(R"({"choices": [{"delta": {"content": "a"}, "index": 0}]})").has_token);
  EXPECT_TRUE(read_event(R"({"choices": [{"text": "a"}]})").has_token);
  EXPECT_FALSE(read_event(R"({"choices": [{"delta": {"role": "assistant", "content": ""}}]})").has_token);
  EXPECT_FALSE(read_event(R"({"choices": [{"delta": {}, "finish_reason": "stop"}]})").has_token);
  const StreamEvent usage = read_event(R"({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 9}})");
  EXPECT_EQ(usage.prompt_tokens, 7);
  EXPECT_EQ(usage.completion_tokens, 9);
  EXPECT_EQ(read_event(R"({"error": {"message": "too long", "type": "x"}})").error, "too long");
}

TEST(EventReaderTest, AnEventThatIsNoJsonCountsAsOne) { EXPECT_TRUE(read_event("tick").has_token); }

}  // namespace
}  // namespace manta::loadgen
