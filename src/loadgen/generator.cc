#include "loadgen/generator.h"

#include <algorithm>
#include <utility>

namespace manta::loadgen {
namespace {

constexpr int kMostChannels = 8;

}  // namespace

Generator::Generator(Loop& loop, LoadPlan plan, std::function<void()> on_done)
    : loop_(loop),
      plan_(std::move(plan)),
      on_done_(std::move(on_done)),
      arrivals_(plan_.rate.value_or(1), plan_.burstiness, plan_.seed) {}

Generator::~Generator() { loop_.cancel(timer_); }

void Generator::begin() {
  begun_ = loop_.now();
  counted_from_ = begun_ + plan_.warm_up;
  ends_ = plan_.count ? TimePoint::max() : counted_from_ + plan_.duration;
  if (plan_.rate) {
    next_due_ = begun_ + arrivals_.next();
    timer_ = loop_.at(next_due_, [this] { arrive(); });
  } else {
    for (int i = 0; i < plan_.concurrency && !all_sent(); ++i, ++due_count_) waiting_.push_back(begun_);
    fill();
  }
}

void Generator::stop() {
  stopped_ = true;
  loop_.cancel(std::exchange(timer_, 0));
  waiting_.clear();
  check_done();
}

bool Generator::all_sent() const { return stopped_ || (plan_.count && due_count_ >= *plan_.count); }

void Generator::check_done() {
  if (open() == 0 && waiting_.empty() && timer_ == 0 && !std::exchange(done_, true)) on_done_();
}

// The next request of an open loop is due, and with it all whose time has come meanwhile.
void Generator::arrive() {
  timer_ = 0;
  const TimePoint now = loop_.now();
  for (; next_due_ <= now && next_due_ < ends_ && !all_sent(); next_due_ = begun_ + arrivals_.next()) {
    waiting_.push_back(next_due_);
    ++due_count_;
  }
  if (next_due_ < ends_ && !all_sent()) timer_ = loop_.at(next_due_, [this] { arrive(); });
  fill();
  check_done();
}

void Generator::fill() {
  while (!waiting_.empty()) {
    OpenRequest* const place = free_place();
    if (place == nullptr) return;
    const TimePoint due = waiting_.front();
    waiting_.pop_front();
    result_.most_open = std::max(result_.most_open, open());
    place->send(plan_.requests[sent_++ % plan_.requests.size()], due, due < counted_from_ ? nullptr : &result_);
  }
}

OpenRequest* Generator::free_place() {
  if (!idle_.empty()) {
    OpenRequest* const place = idle_.back();
    idle_.pop_back();
    return place;
  }
  if (places_.size() >= static_cast<std::size_t>(plan_.concurrency)) return nullptr;
  places_.push_back(std::make_unique<OpenRequest>(
      loop_, plan_, [this] { return next_channel(); }, [this](OpenRequest& place) { ended(place); }));
  return places_.back().get();
}

net::Channel* Generator::next_channel() {
  if (!plan_.http2) return nullptr;
  if (channels_.empty())
    channels_.resize(static_cast<std::size_t>(plan_.connections > 0 ? plan_.connections
                                                                    : std::min(kMostChannels, plan_.concurrency)));
  std::unique_ptr<net::Channel>& channel = channels_[next_channel_++ % channels_.size()];
  if (channel && channel->state() != net::Channel::State::Up && channel->state() != net::Channel::State::Connecting)
    used_up_.push_back(std::move(channel));
  if (!channel) {
    channel = std::make_unique<net::Channel>(loop_, plan_.address, net::ChannelOptions{}, budget_);
    channel->connect();
  }
  return channel.get();
}

void Generator::ended(OpenRequest& place) {
  idle_.push_back(&place);
  result_.measured = std::max(Duration::zero(), loop_.now() - counted_from_);
  if (!plan_.rate && loop_.now() < ends_ && !all_sent()) {
    waiting_.push_back(loop_.now());
    ++due_count_;
  }
  fill();
  check_done();
}

}  // namespace manta::loadgen
