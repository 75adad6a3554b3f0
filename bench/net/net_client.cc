// Load over one Channel: net_client ADDRESS BYTES CONCURRENT SECONDS [EVENTS]
// Without EVENTS: POST and wait for the echo. With EVENTS: streams of so many events, counted one by one.
// Prints requests (or events), their rate, median and p99 in microseconds, and the CPU seconds of this process.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "net/channel.h"

namespace manta::net {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kEvent = 20;

struct Load {
  Loop& loop;
  Channel& channel;
  std::shared_ptr<const std::string> body;
  std::string path;
  bool events;
  Clock::time_point end;
  std::size_t live = 0;
  std::size_t done = 0;
  std::vector<float> latencies;
};

class Caller {
 public:
  explicit Caller(Load& load) : load_(load) { next(); }

 private:
  void next() {
    begun_ = Clock::now();
    const Headers headers{
        {"content-type", "application/msgpack"}, {"x-manta-timeout-ms", "30000"}, {"x-request-id", id()}};
    const Outgoing outgoing{.path = load_.path,
                            .headers = &headers,
                            .body = load_.body,
                            .window = load_.events ? std::size_t{32} << 10 : std::size_t{256} << 10};
    call_ = load_.channel.start(outgoing, [this] { update(); });
  }

  void update() {
    if (call_->failure()) {
      std::fprintf(stderr, "%s\n", std::string(call_->failure_reason()).c_str());
      std::exit(1);
    }
    if (load_.events) load_.done += call_->take().size() / kEvent;
    if (!call_->ended()) return;
    if (!load_.events) ++load_.done;
    const auto now = Clock::now();
    load_.latencies.push_back(std::chrono::duration<float, std::micro>(now - begun_).count());
    if (now < load_.end) return next();
    if (--load_.live == 0) load_.loop.stop();
  }

  std::string id() {
    char text[20];
    std::snprintf(text, sizeof text, "%016zx", ++number_ * 0x9e3779b97f4a7c15u);
    return text;
  }

  Load& load_;
  Clock::time_point begun_;
  std::size_t number_ = 0;
  std::unique_ptr<ClientCall> call_;
};

void print(Load& load, double seconds) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto total = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  const double cpu = total(usage.ru_utime) + total(usage.ru_stime);
  auto& times = load.latencies;
  std::ranges::sort(times);
  std::printf("n=%zu rate=%.0f p50=%.1f p99=%.1f cpu_s=%.3f cpu_us_each=%.3f\n", load.done,
              static_cast<double>(load.done) / seconds, static_cast<double>(times[times.size() / 2]),
              static_cast<double>(times[times.size() * 99 / 100]), cpu, cpu * 1e6 / static_cast<double>(load.done));
}

int run(const std::string& text, std::size_t bytes, std::size_t concurrent, double seconds, const std::string& events) {
  SystemClock clock;
  Loop loop(clock);
  ReceiveBudget budget;
  Channel channel(loop, Address{text}, {}, budget);
  const auto time = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  Load load{.loop = loop,
            .channel = channel,
            .body = std::make_shared<const std::string>(bytes, 'x'),
            .path = events.empty() ? "/Echo/predict" : "/stream/" + events,
            .events = !events.empty(),
            .end = Clock::now() + time,
            .live = concurrent};
  std::vector<std::unique_ptr<Caller>> callers;
  for (std::size_t i = 0; i < concurrent; ++i) callers.push_back(std::make_unique<Caller>(load));
  loop.run();
  print(load, seconds);
  return 0;
}

}  // namespace
}  // namespace manta::net

int main(int count, char** arguments) {
  if (count < 5) return 2;
  return manta::net::run(arguments[1], std::strtoul(arguments[2], nullptr, 10), std::strtoul(arguments[3], nullptr, 10),
                         std::atof(arguments[4]), count > 5 ? arguments[5] : "");
}
