#include "base/poller.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>

namespace manta {
namespace {

// One end of a socket pair that notes what it is told; the other end is the peer's.
struct End : Descriptor::Owner {
  explicit End(Loop& loop) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    peer = ends[1];
    descriptor.emplace(loop, ends[0], *this);
  }
  ~End() {
    if (peer >= 0) ::close(peer);
  }
  void on_ready(Descriptor::Ready what) override {
    told += what == Descriptor::kReadable ? 'r' : what == Descriptor::kWritable ? 'w' : 'l';
    if (then) then();
  }
  void on_loop_end() override { told += 'e'; }
  void send(std::string_view text) const {
    EXPECT_EQ(::write(peer, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  std::string receive() {
    std::array<char, 64> text;
    const auto size = ::read(descriptor->fd(), text.data(), text.size());
    if (size < 0) descriptor->exhausted(Descriptor::kReadable);
    return {text.data(), size < 0 ? 0 : static_cast<std::size_t>(size)};
  }

  int peer;
  std::optional<Descriptor> descriptor;
  std::string told;
  std::function<void()> then;
};

class PollerTest : public ::testing::Test {
 protected:
  VirtualClock clock_;
  std::optional<Loop> loop_{clock_};
};

TEST_F(PollerTest, TellsOnceForEachWait) {
  End end(*loop_);
  end.send("a");
  loop_->poll();
  EXPECT_EQ(end.told, "");
  end.descriptor->wait(Descriptor::kReadable);
  EXPECT_EQ(end.told, "") << "told inline";
  loop_->poll();
  end.send("b");
  loop_->poll();
  EXPECT_EQ(end.told, "r");
}

TEST_F(PollerTest, WhatCameBeforeTheWaitIsTold) {
  End end(*loop_);
  end.descriptor->wait(Descriptor::kReadable);
  loop_->poll();
  end.send("a");
  loop_->poll();
  end.send("b");  // nobody waits
  loop_->poll();
  end.descriptor->wait(Descriptor::kReadable);
  loop_->poll();
  EXPECT_EQ(end.told, "rr");
  EXPECT_EQ(end.receive(), "ab");
}

TEST_F(PollerTest, AnExhaustedDescriptorIsToldOnlyOfWhatIsNew) {
  End end(*loop_);
  end.send("a");
  end.descriptor->wait(Descriptor::kReadable);
  loop_->poll();
  EXPECT_EQ(end.receive(), "a");
  EXPECT_EQ(end.receive(), "");
  end.descriptor->wait(Descriptor::kReadable);
  loop_->poll();
  EXPECT_EQ(end.told, "r");
  end.send("b");
  loop_->poll();
  EXPECT_EQ(end.told, "rr");
}

TEST_F(PollerTest, WaitingAnewTellsWhatWasLeftUnread) {
  End end(*loop_);
  end.send("a");
  end.descriptor->wait(Descriptor::kReadable);
  loop_->poll();
  end.descriptor->exhausted(Descriptor::kReadable);  // it is not
  end.descriptor->wait_anew(Descriptor::kReadable);
  loop_->poll();
  EXPECT_EQ(end.told, "rr");
}

TEST_F(PollerTest, ADescriptorThatIsWritableIsToldSoAgain) {
  End end(*loop_);
  for (int i = 0; i < 2; ++i) {
    end.descriptor->wait(Descriptor::kWritable);
    loop_->poll();
  }
  EXPECT_EQ(end.told, "ww");
}

TEST_F(PollerTest, TheEndOfThePeerIsReadableAndLost) {
  End end(*loop_);
  end.descriptor->wait(Descriptor::kReadable);
  end.descriptor->wait(Descriptor::kLost);
  loop_->poll();
  EXPECT_FALSE(end.descriptor->has_end());
  ::close(std::exchange(end.peer, -1));
  loop_->poll();
  EXPECT_EQ(end.told, "rl");
  EXPECT_TRUE(end.descriptor->has_end());
}

TEST_F(PollerTest, AnOwnerMayDestroyDescriptorsThatAreReadyInTheSameTurn) {
  End first(*loop_), second(*loop_);
  for (End* end : {&first, &second}) {
    end->descriptor->wait(Descriptor::kReadable);
    end->then = [&] {
      first.descriptor.reset();
      second.descriptor.reset();
    };
  }
  loop_->poll();
  first.send("a");
  second.send("a");
  loop_->poll();
  EXPECT_EQ(first.told + second.told, "r");
}

TEST_F(PollerTest, TellsOwnersWhenTheLoopEndsBeforeThem) {
  End end(*loop_);
  end.descriptor->wait(Descriptor::kReadable);
  loop_.reset();
  EXPECT_EQ(end.told, "e");
  end.descriptor->wait(Descriptor::kReadable);
  end.descriptor->close();
  EXPECT_EQ(end.descriptor->fd(), -1);
}

TEST_F(PollerTest, PostedCallbacksDoNotKeepIoFromItsTurn) {
  End end(*loop_);
  int posts = 0;
  std::function<void()> again = [&] {
    if (end.told.empty() && ++posts < 10'000) loop_->post(again);
  };
  end.descriptor->wait(Descriptor::kReadable);
  loop_->post([&] {
    end.send("a");
    again();
  });
  loop_->poll();
  EXPECT_EQ(end.told, "r");
  EXPECT_LT(posts, 10'000);
}

TEST_F(PollerTest, WhatWasPostedBeforeTheLoopRanGoesFirst) {
  End end(*loop_);
  end.send("a");
  end.descriptor->wait(Descriptor::kReadable);
  std::string order;
  end.then = [&] { loop_->post([&] { order += 'b'; }); };
  loop_->post([&] { order += 'a'; });
  loop_->poll();
  EXPECT_EQ(order, "ab");
}

TEST_F(PollerTest, ACallbackThatIsDroppedWithTheLoopMayPostAnother) {
  struct PostsWhenDropped {
    Loop& loop;
    int& dropped;
    ~PostsWhenDropped() {
      if (++dropped < 3) loop.post([next = std::make_unique<PostsWhenDropped>(loop, dropped)] {});
    }
  };
  int dropped = 0;
  loop_->post([first = std::make_unique<PostsWhenDropped>(*loop_, dropped)] {});
  loop_.reset();
  EXPECT_EQ(dropped, 3);
}

}  // namespace
}  // namespace manta
