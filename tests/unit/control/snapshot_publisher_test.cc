#include "control/snapshot_publisher.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include <manta/detail/json.h>

#include "net/items.h"

namespace manta::control {
namespace {

// What one subscriber has got. Its transport takes what is written when read() is called.
class Reader final : public net::Exchange {
 public:
  net::Request& request() override { return request_; }
  std::uint64_t connection_id() const override { return 1; }
  bool is_http2() const override { return true; }
  void respond(net::Response) override {}
  void start(int status, net::Headers) override { started = status; }
  void write(std::string_view bytes) override { queued_ += bytes; }
  void finish(net::Headers) override { closed_ = true; }
  void abort() override { closed_ = true; }
  std::size_t queued() const override { return queued_.size(); }
  bool closed() const override { return closed_; }
  void when_drained(std::size_t, std::move_only_function<void()> callback) override { drained_ = std::move(callback); }
  void when_closed(std::move_only_function<void()>) override {}

  void read() {
    most_queued = std::max(most_queued, queued_.size());
    splitter_.feed(std::exchange(queued_, {}));
    while (const auto item = *splitter_.next()) {
      items.push_back(*detail::from_json<spec::RoutingChange>(*item));
      known = spec::apply(known ? &*known : nullptr, items.back());
      ASSERT_TRUE(known) << "an item that does not follow on the one before";
    }
    if (auto drained = std::exchange(drained_, nullptr)) drained();
  }
  void read_all() {
    do {
      read();
    } while (!queued_.empty());
  }

  int started = 0;
  std::vector<spec::RoutingChange> items;
  std::optional<spec::RoutingSnapshot> known;
  std::size_t most_queued = 0;

 private:
  net::Request request_;
  net::ItemSplitter splitter_;
  std::string queued_;
  std::move_only_function<void()> drained_;
  bool closed_ = false;
};

class SnapshotPublisherTest : public ::testing::Test {
 protected:
  std::shared_ptr<Reader> subscribe() {
    auto reader = std::make_shared<Reader>();
    publisher.subscribe(reader);
    return reader;
  }
  void publish() {
    ++snapshot.stamp.version;
    publisher.publish(snapshot);
  }
  // Together more than waits to be sent at a time.
  void deploy(int applications) {
    for (int i = 0; i < applications; ++i)
      snapshot.applications.push_back(
          spec::ApplicationRoutes{.application = "a" + std::to_string(100 + i), .openapi = std::string(50'000, 'x')});
  }

  spec::RoutingSnapshot snapshot{.stamp = {1, 0}};
  SnapshotPublisher publisher;
};

TEST_F(SnapshotPublisherTest, TellsEverythingAtFirstAndThenWhatChanges) {
  const auto early = subscribe();
  EXPECT_EQ(early->started, 200);
  deploy(3);
  publish();
  early->read_all();
  EXPECT_EQ(early->known, snapshot);
  snapshot.applications[1].edit().ready = true;
  publish();
  early->read_all();
  EXPECT_EQ(early->items.back().applications.size(), 1u);
  EXPECT_EQ(early->known, snapshot);
  const auto late = subscribe();
  late->read_all();
  EXPECT_EQ(late->known, snapshot);
  EXPECT_EQ(publisher.open(), 2u);
  EXPECT_EQ(publisher.sent(), early->items.size() + late->items.size());
}

TEST_F(SnapshotPublisherTest, TheWholeGoesOutAsItIsReadAndWhatChangesMeanwhileFollows) {
  deploy(40);
  publish();
  const auto reader = subscribe();
  reader->read();
  EXPECT_FALSE(reader->items.back().complete);
  for (int i = 0; i < 3; ++i) {
    snapshot.applications[0].edit().route_prefix += "x";
    snapshot.applications.pop_back();
    publish();
  }
  reader->read_all();
  EXPECT_EQ(reader->known, snapshot);
  EXPECT_EQ(reader->items.back().applications.size(), 1u) << "three changes in one item";
  EXPECT_LT(reader->most_queued, 3 * SnapshotPublisher::kPart);
}

TEST_F(SnapshotPublisherTest, WhoReadsTooSlowlyLosesTheStream) {
  publish();
  const auto slow = subscribe(), quick = subscribe();
  snapshot.applications.push_back(spec::ApplicationRoutes{.application = "a"});
  for (int i = 0; i < 20; ++i) {
    snapshot.applications[0].edit().openapi = std::string(1 << 20, static_cast<char>('a' + i));
    publish();
    quick->read();
  }
  EXPECT_TRUE(slow->closed());
  EXPECT_FALSE(quick->closed());
  EXPECT_EQ(quick->known, snapshot);
  EXPECT_EQ(publisher.open(), 1u);
}

}  // namespace
}  // namespace manta::control
