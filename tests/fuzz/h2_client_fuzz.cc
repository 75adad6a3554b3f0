// Bytes of an HTTP/2 server into a Channel with calls open: each of them ends, fails at most once, and nothing is kept.

#include <algorithm>
#include <memory>
#include <string>

#include "fuzz/exchange_harness.h"
#include "net/channel.h"

namespace manta::fuzz {
namespace {

// A call as callers use it: some take the body as it comes, some drop the call in its first update.
struct Caller {
  Caller(net::Channel& channel, int kind) : kind_(kind) {
    net::Outgoing outgoing;
    outgoing.path = "/predict";
    outgoing.window = kind % 2 == 0 ? 32 << 10 : 256 << 10;
    outgoing.body = std::make_shared<const std::string>(static_cast<std::size_t>(kind) * 1000, 'x');
    call_ = channel.start(outgoing, [this] { update(); });
  }
  void finish() {
    if (call_) require(call_->ended() || call_->failure().has_value());
    require(failures_ <= 1);
  }

 private:
  void update() {
    require(call_ != nullptr);
    if (call_->failure()) ++failures_;
    if (kind_ % 3 == 0) call_->take();
    if (kind_ % 4 == 3) call_.reset();
  }
  int kind_;
  int failures_ = 0;
  std::unique_ptr<net::ClientCall> call_;
};

void run(std::string_view input) {
  VirtualClock clock;
  Loop loop(clock);
  net::ReceiveBudget budget(1 << 20);
  {
    Peer peer(loop, clock);
    net::Channel channel(loop, peer.take_other_end(), {}, budget);
    std::vector<std::unique_ptr<Caller>> callers;
    for (int kind = 0; kind < 8; ++kind) callers.push_back(std::make_unique<Caller>(channel, kind));
    loop.poll();
    peer.send_in_pieces(input);
    callers.push_back(std::make_unique<Caller>(channel, 1));
    loop.poll();
    peer.close();
    loop.poll();
    for (const auto& caller : callers) caller->finish();
    require(channel.state() == net::Channel::State::Lost);
  }
  loop.poll();
  require(budget.used() == 0);
}

}  // namespace
}  // namespace manta::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  manta::fuzz::run(manta::fuzz::view(data, size));
  return 0;
}
