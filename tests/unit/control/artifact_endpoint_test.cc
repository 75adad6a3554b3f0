#include "control/artifact_endpoint.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <utility>

namespace manta::control {
namespace {

// A peer that takes what was written when it is told to.
class SlowPeer final : public net::Exchange {
 public:
  explicit SlowPeer(std::string method) { request_.method = std::move(method); }

  net::Request& request() override { return request_; }
  std::uint64_t connection_id() const override { return 1; }
  bool is_http2() const override { return true; }
  void respond(net::Response response) override { status = response.status; }
  void start(int code, net::Headers) override { status = code; }
  void write(std::string_view bytes) override { waiting += bytes; }
  void finish(net::Headers) override { finished = true; }
  void abort() override { closed_ = true; }
  std::size_t queued() const override { return waiting.size(); }
  bool closed() const override { return closed_; }
  void when_drained(std::size_t, std::move_only_function<void()> callback) override { drained_ = std::move(callback); }
  void when_closed(std::move_only_function<void()>) override {}

  // False when nothing more comes.
  bool take() {
    taken += std::exchange(waiting, {});
    if (!drained_) return false;
    std::exchange(drained_, nullptr)();
    return true;
  }
  void go_away() { closed_ = true; }

  int status = 0;
  std::string waiting, taken;
  bool finished = false;

 private:
  net::Request request_;
  std::move_only_function<void()> drained_;
  bool closed_ = false;
};

class ArtifactEndpointTest : public ::testing::Test {
 protected:
  ArtifactEndpointTest() {
    std::string name = "/tmp/manta-endpoint-XXXXXX";
    folder = ::mkdtemp(name.data());
    for (int i = 0; i < 300'000; ++i) content += std::to_string(i);
    std::ofstream(folder + "/libapp.so") << content;
    artifact = *store().add({.kind = "library", .source = folder + "/libapp.so", .function = "build"});
  }
  ~ArtifactEndpointTest() override { std::filesystem::remove_all(folder); }
  ArtifactStore store() const { return ArtifactStore(folder + "/artifacts"); }

  std::string folder, content;
  ArtifactRef artifact;
};

TEST_F(ArtifactEndpointTest, NoMoreIsReadThanThePeerTakes) {
  const auto peer = std::make_shared<SlowPeer>("GET");
  answer_artifact(store(), artifact.sha256, peer);
  EXPECT_EQ(peer->status, 200);
  std::size_t most = 0;
  int parts = 0;
  do {
    most = std::max(most, peer->queued());
    ++parts;
  } while (peer->take());
  EXPECT_LE(most, std::size_t{512} << 10);
  EXPECT_GT(parts, 3);
  EXPECT_TRUE(peer->finished);
  EXPECT_EQ(peer->taken, content);
}

TEST_F(ArtifactEndpointTest, NothingIsReadForAPeerThatHasGone) {
  const auto peer = std::make_shared<SlowPeer>("GET");
  answer_artifact(store(), artifact.sha256, peer);
  peer->go_away();
  EXPECT_TRUE(peer->take());
  EXPECT_FALSE(peer->take()) << "and then it is over";
  EXPECT_FALSE(peer->finished);
  EXPECT_EQ(peer.use_count(), 1);
}

TEST_F(ArtifactEndpointTest, WhatIsNotThereOrNotAskedForIsRefused) {
  const auto unknown = std::make_shared<SlowPeer>("GET");
  answer_artifact(store(), std::string(64, 'a'), unknown);
  EXPECT_EQ(unknown->status, 404);
  const auto put = std::make_shared<SlowPeer>("PUT");
  answer_artifact(store(), artifact.sha256, put);
  EXPECT_EQ(put->status, 405);
}

}  // namespace
}  // namespace manta::control
