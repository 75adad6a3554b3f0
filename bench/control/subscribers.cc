// As many routers as are asked for, as far as the controller sees them: subscribers SOCKET COUNT
// Each follows what the controller publishes over a connection of its own. Prints "subscribed" when each has a first
// snapshot; then, for each version that all have got: the time at which the last one had it, in seconds of the
// monotonic clock, and since the first one had it. Lives until its standard input ends.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <manta/detail/json.h>

#include "base/loop.h"
#include "net/channel.h"
#include "net/items.h"
#include "runtime/local/fd_watch.h"
#include "spec/replica_set.h"

namespace manta::control {
namespace {

// What all have got of the newest version.
struct Progress {
  std::size_t subscribers = 0, have = 0;
  std::uint64_t version = 0;
  TimePoint first{};
  bool subscribed = false;
};

struct StampOfItem {
  spec::PublishStamp stamp;
  bool complete = true;
};
BOOST_DESCRIBE_STRUCT(StampOfItem, (), (stamp, complete))

double seconds_of(TimePoint time) { return std::chrono::duration<double>(time.time_since_epoch()).count(); }

void had(Progress& progress, std::uint64_t version, TimePoint now) {
  if (version < progress.version) return;
  if (version > progress.version) progress = {progress.subscribers, 0, version, now, progress.subscribed};
  if (++progress.have < progress.subscribers) return;
  if (std::exchange(progress.subscribed, true))
    std::printf("%.6f %.6f\n", seconds_of(now), seconds_of(now) - seconds_of(progress.first));
  else
    std::puts("subscribed");
  std::fflush(stdout);
}

class Subscriber {
 public:
  Subscriber(Loop& loop, const net::Address& address, net::ReceiveBudget& budget, Progress& progress)
      : loop_(loop), channel_(loop, address, {}, budget), progress_(progress) {
    call_ = channel_.start({.path = "/-/subscribe", .headers = &headers_}, [this] { update(); });
  }

 private:
  void update() {
    if (call_->failure()) {
      std::fprintf(stderr, "%s\n", std::string(call_->failure_reason()).c_str());
      std::exit(1);
    }
    items_.feed(call_->take());
    while (const auto item = items_.next().value_or(std::nullopt)) {
      const auto read = detail::from_json<StampOfItem>(*item, UnknownKeys::Ignore);
      if (read && read->complete) had(progress_, read->stamp.version, loop_.now());
    }
  }

  Loop& loop_;
  const net::Headers headers_;
  net::Channel channel_;
  net::ItemSplitter items_;
  Progress& progress_;
  std::unique_ptr<net::ClientCall> call_;
};

int follow(const std::string& socket, std::size_t count) {
  const auto address = net::Address::parse("unix:" + socket);
  if (!address) return std::fprintf(stderr, "%s\n", address.error().message.c_str()), 1;
  SystemClock clock;
  Loop loop(clock);
  net::ReceiveBudget budget(std::size_t{4} << 30);
  Progress progress{.subscribers = count};
  std::vector<std::unique_ptr<Subscriber>> subscribers;
  for (std::size_t i = 0; i < count; ++i)
    subscribers.push_back(std::make_unique<Subscriber>(loop, *address, budget, progress));
  const runtime::FdWatch end(loop, 0, [&loop] { loop.stop(); });
  loop.run();
  return 0;
}

}  // namespace
}  // namespace manta::control

int main(int count, char** arguments) {
  if (count < 3) return 2;
  return manta::control::follow(arguments[1], std::strtoul(arguments[2], nullptr, 10));
}
