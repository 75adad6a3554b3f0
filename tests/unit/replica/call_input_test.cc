#include "replica/call_input.h"

#include <gtest/gtest.h>

#include <manta/detail/json.h>

#include "base/task_scope.h"
#include "net/items.h"
#include "net/wire.h"
#include "replica/error_response.h"
#include "unit/net/quiet_exchange.h"

namespace manta::replica {
namespace {

// A request of the sender; remembers how it was answered.
class FeedExchange final : public net::QuietExchange {
 public:
  FeedExchange(std::string id, const std::vector<std::string>& items, int& status) : status_(status) {
    request_.headers.add(net::wire::kInput, id);
    for (const std::string& item : items) net::append_item(request_.body, item);
  }
  bool is_http2() const override { return true; }
  void respond(net::Response response) override { status_ = response.status; }

 private:
  int& status_;
};

class CallInputTest : public ::testing::Test {
 protected:
  // The status that the sender got, 0 while it waits.
  int& feed(const std::vector<std::string>& items, const std::string& end = {}, const std::string& error_json = {},
            const std::string& id = "7") {
    int& status = statuses.emplace_back(0);
    auto exchange = std::make_shared<FeedExchange>(id, items, status);
    if (!end.empty()) exchange->request().headers.add(net::wire::kStatus, end);
    if (!error_json.empty()) exchange->request().headers.add(net::wire::kErrorJson, error_json);
    inputs.feed(exchange);
    return status;
  }
  Task<void> read_one() {
    auto reading = input->next();
    Result<std::optional<std::string>> item = co_await reading;
    read += !item ? "error: " + item.error().message + " " : (*item ? **item : "end") + " ";
  }
  void read_items(int count) {
    for (int i = 0; i < count; ++i) tasks.spawn(read_one());
  }

  VirtualClock clock;
  Loop loop{clock};
  TaskScope tasks{loop};
  CallInputs inputs;
  std::deque<int> statuses;
  std::string read;
  std::shared_ptr<CallInput> input = inputs.open({1, "7"}, 10);
};

TEST_F(CallInputTest, GivesTheItemsInOrderAndThenTheEnd) {
  EXPECT_EQ(feed({"a", "b"}), 200);
  EXPECT_EQ(feed({"c"}, "ok"), 200);
  read_items(5);
  EXPECT_EQ(read, "a b c end end ");
}

TEST_F(CallInputTest, AReaderWaitsForTheNextItem) {
  read_items(1);
  EXPECT_EQ(read, "");
  feed({"a"});
  EXPECT_EQ(read, "a ");
}

TEST_F(CallInputTest, ASenderWaitsUntilTheReaderHasMadeRoom) {
  int& status = feed({"12345", "67890", "x"});
  EXPECT_EQ(status, 0);
  read_items(1);
  EXPECT_EQ(status, 0) << "more than half of the room is still taken";
  read_items(1);
  EXPECT_EQ(status, 200);
}

TEST_F(CallInputTest, AnErrorOfTheSourceComesAfterTheItemsBeforeIt) {
  const Error error{.code = ErrorCode::Overloaded, .message = "too much"};
  feed({"a"}, "Overloaded", error_json(error, ""));
  read_items(2);
  EXPECT_EQ(read, "a error: too much ");
}

TEST_F(CallInputTest, ASenderIsToldWhenNobodyReadsAnyMore) {
  int& waiting = feed({"12345678901"});
  input.reset();
  EXPECT_EQ(waiting, 410);
  EXPECT_EQ(feed({"a"}), 410);
  inputs.close({1, "7"});
  EXPECT_EQ(feed({"a"}), 404);
}

TEST_F(CallInputTest, ACallThatIsNotKnownIsNotFound) { EXPECT_EQ(feed({"a"}, {}, {}, "8"), 404); }

}  // namespace
}  // namespace manta::replica
