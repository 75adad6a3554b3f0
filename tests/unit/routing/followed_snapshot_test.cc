#include "routing/followed_snapshot.h"

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "routing/snapshot_merge.h"

namespace manta::routing {
namespace {

using Step = FollowedSnapshot::Step;

spec::RoutingChange whole(const spec::RoutingSnapshot& snapshot) {
  spec::SnapshotPosition begin;
  return next_part(snapshot, begin, std::size_t{1} << 30);
}

TEST(FollowedSnapshotTest, ActsOnNothingBeforeTheWholeHasCome) {
  spec::RoutingSnapshot snapshot{.stamp = {1, 1}};
  for (const char* name : {"a", "b"}) snapshot.applications.push_back(spec::ApplicationRoutes{.application = name});
  FollowedSnapshot followed;
  spec::SnapshotPosition position;
  EXPECT_EQ(followed.take(next_part(snapshot, position, 1)), Step::Nothing);
  EXPECT_EQ(followed.snapshot(), nullptr);
  EXPECT_EQ(followed.take(next_part(snapshot, position, 1)), Step::News);
  EXPECT_EQ(*followed.snapshot(), snapshot);
}

TEST(FollowedSnapshotTest, AChangeThatDoesNotFollowOnWhatTheStreamSaidIsLost) {
  const spec::RoutingSnapshot one{.stamp = {1, 1}}, two{.stamp = {1, 2}}, three{.stamp = {1, 3}};
  FollowedSnapshot followed;
  EXPECT_EQ(followed.take(change_between(one, two)), Step::Lost) << "nothing is known yet";
  EXPECT_EQ(followed.take(whole(one)), Step::News);
  EXPECT_EQ(followed.take(change_between(two, three)), Step::Lost);
  EXPECT_EQ(followed.take(change_between(one, two)), Step::Lost) << "until another stream begins";
  EXPECT_EQ(followed.take(whole(one)), Step::Nothing);
  EXPECT_EQ(followed.take(change_between(one, two)), Step::News);
  followed.stream_ended();
  EXPECT_EQ(followed.take(change_between(two, three)), Step::Lost);
}

TEST(FollowedSnapshotTest, WhatAnotherStreamSaysAgainIsKeptOnce) {
  spec::RoutingSnapshot snapshot{.stamp = {1, 1}, .deployments = {spec::ReplicaSet{.application = "a"}}};
  FollowedSnapshot followed;
  followed.take(whole(snapshot));
  const auto before = followed.snapshot();
  spec::RoutingSnapshot again = snapshot;
  again.deployments[0].edit();  // equal, and another object
  followed.stream_ended();
  EXPECT_EQ(followed.take(whole(again)), Step::Nothing);
  spec::RoutingSnapshot next = again;
  next.stamp.version = 2;
  EXPECT_EQ(followed.take(change_between(again, next)), Step::News);
  EXPECT_TRUE(followed.snapshot()->deployments[0].is_same_object(before->deployments[0]));
}

// Controllers that live one after the other, and one subscriber whose connection breaks at any time, also within the
// parts of a whole snapshot. Beside it one that is sent every snapshot as a whole.
class History {
 public:
  explicit History(unsigned seed) : random_(seed) { restart(); }

  void step() {
    switch (draw(10)) {
      case 0:
        return restart();
      case 1:
        return connect();
      case 2:
        return adopt();
      case 3:
      case 4:
      case 5:
        return change();
      default:
        return deliver();
    }
  }

  void end() {
    adopt();
    connect();
    while (!up_to_date()) deliver();
    EXPECT_EQ(*followed_.snapshot(), published_);
  }

 private:
  int draw(int below) { return std::uniform_int_distribution(0, below - 1)(random_); }
  std::string name() { return std::string(1, static_cast<char>('a' + draw(6))); }
  bool up_to_date() const { return told_ && told_->stamp == published_.stamp && !sending_; }

  void publish() { ++published_.stamp.version; }

  // The new one knows what is deployed and hears of replicas one after the other.
  void restart() {
    published_.stamp = {published_.stamp.epoch + 1, 0};
    published_.adopted = false;
    for (auto& set : published_.deployments) set.edit().replicas.clear();
    for (auto& routes : published_.applications) routes.edit().ready = false;
    publish();
    connect();
  }

  void adopt() {
    published_.adopted = true;
    publish();
  }

  void connect() {
    followed_.stream_ended();
    told_.reset();
    sending_.reset();
  }

  void change() {
    const auto named = [](const std::string& wanted) {
      return [wanted](const auto& value) { return value->application == wanted; };
    };
    const std::string of = name();
    if (draw(4) == 0) {
      std::erase_if(published_.applications, named(of));
      std::erase_if(published_.deployments, named(of));
    } else {
      set(published_.applications, of, spec::ApplicationRoutes{.application = of, .ready = draw(2) == 0});
      spec::ReplicaSet replicas{.application = of, .deployment = "D"};
      for (int i = 0; i < 4; ++i)
        if (draw(2) == 0) replicas.replicas.push_back({.id = std::to_string(i)});
      set(published_.deployments, of, std::move(replicas));
    }
    if (draw(3) == 0) published_.draining_nodes = {name()};
    if (draw(3) == 0) published_.zones = std::vector<spec::NodeZone>{{name(), "zone"}};
    publish();
  }

  template <class T>
  static void set(std::vector<spec::Shared<T>>& all, const std::string& name, T value) {
    const auto place = std::ranges::lower_bound(all, name, {}, [](const auto& known) { return known->application; });
    if (place != all.end() && (*place)->application == name)
      *place = std::move(value);
    else
      all.insert(place, std::move(value));
  }

  // One item, as the controller would send it.
  void deliver() {
    if (up_to_date()) return;
    if (!told_ && !sending_) {
      sending_ = published_;
      position_ = {};
    }
    const spec::RoutingChange item =
        sending_ ? next_part(*sending_, position_, 1500) : change_between(*told_, published_);
    ASSERT_NE(followed_.take(item), Step::Lost);
    if (!item.complete) return;
    told_ = sending_ ? *sending_ : published_;
    sending_.reset();
    if (auto next = if_newer(wholes_ ? &*wholes_ : nullptr, *told_)) wholes_ = std::move(next);
    ASSERT_EQ(*followed_.snapshot(), *wholes_);
  }

  std::mt19937 random_;
  spec::RoutingSnapshot published_;
  std::optional<spec::RoutingSnapshot> told_, sending_;  // to the subscriber, by the present stream
  spec::SnapshotPosition position_;
  FollowedSnapshot followed_;
  std::optional<spec::RoutingSnapshot> wholes_;
};

TEST(FollowedSnapshotTest, EndsWithWhatWholeSnapshotsSayWhateverHappens) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    History history(seed);
    for (int i = 0; i < 200; ++i) history.step();
    history.end();
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace manta::routing
