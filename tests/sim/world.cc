#include "world.h"

#include <sys/socket.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "net/items.h"

namespace manta::sim {

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

World::World(const Options& options, std::uint64_t seed)
    : options_(options), logger_({.component = "sim", .level = LogLevel::Error, .async = false}) {
  answered_.resize(static_cast<std::size_t>(options.callers));
  for (int i = 0; i < options.callers; ++i) {
    counts_.push_back(std::make_shared<routing::QueueCount>());
    const routing::RouterEnvironment environment{
        .loop = loop,
        .metrics = metrics_,
        .logger = logger_,
        .connect = [this](const spec::ReplicaAddress& address) { return connect(address); },
        .seed = seed + static_cast<std::uint64_t>(i),
        .handle = std::to_string(i)};
    // As the proxy does: a call without a deadline does not wait for ever for a replica.
    callers_.push_back(std::make_unique<routing::Dispatcher>(
        environment, "app", "D", counts_.back(), routing::RouterOptions{.replica_wait = std::chrono::seconds(30)}));
  }
  for (int i = 0; i < options.replicas; ++i) start_replica();
}

World::~World() {
  tasks_.cancel_all();
  open_.clear();
  callers_.clear();
  replicas_.clear();
  loop.poll();
}

void World::start_replica() {
  auto replica = std::make_unique<Replica>();
  replica->address = {.id = "app#D#" + std::to_string(next_replica_++),
                      .address = "unix:/none",
                      .node_id = "n",
                      .max_ongoing_requests = options_.max_ongoing};
  replica->compute = std::make_unique<replica::LoopCompute>(loop);
  replica::ReplicaOptions with{.application = "app", .deployment = "D", .id = replica->address.id};
  with.config.max_ongoing_requests = options_.max_ongoing;
  replica::MakeServable make = [this]() -> Result<std::unique_ptr<replica::Servable>> {
    return std::make_unique<SimServable>(loop, executions_);
  };
  replica->server = std::make_unique<replica::ReplicaServer>(loop, *replica->compute, metrics_, logger_, budget_,
                                                             std::move(with), std::move(make));
  replica->server->start();
  replicas_.push_back(std::move(replica));
  publish();
}

void World::publish() {
  spec::ReplicaSet set{.application = "app", .deployment = "D", .max_queued_requests = options_.max_queued};
  for (const auto& replica : replicas_)
    if (!replica->draining) set.replicas.push_back(replica->address);
  set.router.request_router_class = options_.policy;
  set.admission = options_.admission;
  set.circuit_breaker = options_.breaker;
  set.methods = {{.name = "again", .idempotent = true}};
  for (const auto& caller : callers_) caller->update(set);
}

std::unique_ptr<net::Channel> World::connect(const spec::ReplicaAddress& address) {
  const auto replica = std::ranges::find_if(replicas_, [&](const auto& r) { return r->address.id == address.id; });
  if (replica == replicas_.end()) return nullptr;
  int fds[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
  (*replica)->server->accept(fds[1]);
  return std::make_unique<net::Channel>(loop, fds[0], net::ChannelOptions{}, budget_);
}

void World::erase(const std::string& id) {
  std::erase_if(replicas_, [&](const auto& replica) { return replica->address.id == id; });
}

void World::kill(std::size_t which) {
  ++kills_;
  replicas_.erase(replicas_.begin() + static_cast<std::ptrdiff_t>(which));
}

void World::drain(std::size_t which) {
  Replica* const replica = replicas_[which].get();
  if (std::exchange(replica->draining, true)) return;
  replica->server->drain([this, id = replica->address.id](bool) { loop.post([this, id] { erase(id); }); });
}

void World::call(int caller, const std::string& method, Duration duration, Duration timeout, const Rank& rank) {
  const auto call = std::make_shared<Call>();
  call->number = next_call_++;
  call->method = method;
  routing::Outbound outbound{.method = method};
  outbound.headers.add("content-type", "application/json");
  if (method == "stream") outbound.headers.add("accept", "application/x-manta-items");
  outbound.body = std::make_shared<const std::string>(
      std::to_string(call->number) + " " +
      std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()));
  outbound.context = std::make_shared<RequestContext>();
  outbound.context->priority = rank.priority;
  outbound.context->tenant = rank.tenant;
  outbound.context->session_id = rank.session;
  if (timeout > Duration::zero()) call->deadline = outbound.context->deadline = clock.now() + timeout;
  ++started_;
  open_.push_back(call);
  call->task = tasks_.spawn(run(caller, call, std::move(outbound)));
}

Task<void> World::run(int caller, std::shared_ptr<Call> call, routing::Outbound outbound) {
  auto response = co_await callers_[static_cast<std::size_t>(caller)]->call(std::move(outbound));
  if (response) ++answered_[static_cast<std::size_t>(caller)];
  if (response)
    ended(*call, std::move(response->body));
  else
    ended(*call, std::unexpected(response.error()));
}

void World::ended(Call& call, const Result<std::string>& outcome) {
  if (std::exchange(call.ended, true)) fault("call " + std::to_string(call.number) + " ended twice");
  ++finished_;
  if (const std::string why = illegal(call, outcome); !why.empty())
    fault("call " + std::to_string(call.number) + " (" + call.method + "): " + why);
  std::erase_if(open_, [&](const auto& open) { return open.get() == &call; });
}

std::string World::illegal(const Call& call, const Result<std::string>& outcome) const {
  const auto executed = executions_.find(call.number);
  const int runs = executed == executions_.end() ? 0 : executed->second;
  if (runs > (call.method == "again" ? 2 : 1)) return "ran " + std::to_string(runs) + " times";
  if (outcome) {
    if (runs == 0) return "answered without having run";
    if (call.method == "throws") return "answered although it throws";
    if (call.method != "stream") return *outcome == std::to_string(call.number) ? "" : "wrong answer " + *outcome;
    net::ItemSplitter items;
    items.feed(*outcome);
    for (int i = 0; i < 3; ++i) {
      const auto item = items.next();
      if (!item || !*item || !(*item)->ends_with("x" + std::to_string(call.number))) return "wrong item";
    }
    return items.at_boundary() ? "" : "more than three items";
  }
  const Error& error = outcome.error();
  // An idempotent call may fail on its way to a second replica, but then says that it may have run.
  const bool said_so = runs == 0 || (kills_ > 0 && call.method == "again" && error.maybe_executed);
  switch (error.code) {
    case ErrorCode::DeadlineExceeded:
      return clock.now() >= call.deadline ? "" : "deadline exceeded too early";
    case ErrorCode::AppError:
      return call.method == "throws" && runs == 1 ? "" : "app error: " + error.message;
    case ErrorCode::Overloaded:
      return queue_is_bounded() && said_so ? "" : "overloaded: " + error.message;
    case ErrorCode::ReplicaDied:
      if (kills_ == 0 || !error.maybe_executed) return "replica died: " + error.message;
      return call.method == "again" && kills_ < 2 ? "lost though it may be sent again" : "";
    case ErrorCode::Unavailable:
      return said_so ? "" : "unavailable although it ran: " + error.message;
    default:
      return std::string(name(error.code)) + ": " + error.message;
  }
}

void World::cancel_one(std::size_t which) {
  const auto call = open_[which];
  tasks_.cancel(call->task);
  // Destroyed on the loop's next turn; until then it may still end by itself.
  loop.poll();
  if (call->ended) return;
  call->ended = true;
  ++finished_;
  std::erase(open_, call);
}

void World::advance(Duration by) {
  const TimePoint until = clock.now() + by;
  loop.poll();
  for (auto next = loop.next_deadline(); next && *next <= until; next = loop.next_deadline()) {
    clock.advance_to(*next);
    loop.poll();
  }
  clock.advance_to(until);
  loop.poll();
}

bool World::settle() {
  for (int i = 0; i < 3600 && !open_.empty(); ++i) advance(std::chrono::seconds(1));
  advance(std::chrono::seconds(2));  // grants lapse, replicas that drain end
  return open_.empty();
}

std::string World::faults() const {
  std::string all = faults_;
  const auto expect_none = [&](const std::string& what, std::size_t count) {
    if (count != 0) all += what + ": " + std::to_string(count) + " left\n";
  };
  if (started_ != finished_) all += std::to_string(started_ - finished_) + " calls have not ended\n";
  for (const auto& caller : callers_) {
    expect_none("queued requests", caller->router().queued());
    expect_none("requests in flight", caller->router().in_flight());
  }
  for (const auto& count : counts_) {
    expect_none("queue count", static_cast<std::size_t>(count->value()));
    expect_none("queued bytes", static_cast<std::size_t>(count->bytes()));
  }
  for (const auto& replica : replicas_) {
    const spec::ReplicaState state = replica->server->state();
    expect_none("ongoing requests", static_cast<std::size_t>(state.ongoing));
    expect_none("abandoned requests", static_cast<std::size_t>(state.abandoned));
    expect_none("waiters", replica->server->waiters());
    expect_none("open streams", replica->server->open_streams());
    expect_none("queued jobs", replica->compute->queued());
  }
  expect_none("budget bytes", budget_.used());
  return all;
}

}  // namespace manta::sim
