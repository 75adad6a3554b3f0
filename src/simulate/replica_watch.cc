#include "simulate/replica_watch.h"

#include <utility>

#include <manta/detail/json.h>

#include "simulate/cluster.h"

namespace manta::simulate {
namespace {

constexpr Duration kReconnect = std::chrono::milliseconds(50);

using Answer = Expected<Result<void>>;

Result<void> too_late() { return fail(ErrorCode::DeadlineExceeded, "no answer in time"); }

void ask_health(World& world, const std::string& id, const Answer& answer) {
  Network::Pipe pipe;
  world.network.send(pipe, [&world, id, answer] {
    if (const auto replica = world.cluster->replica(id).lock())
      replica->answer_health(answer);
    else
      answer.set(fail(ErrorCode::Unavailable, "connection refused"));
  });
}

Task<Result<void>> give_settings(World& world, std::string id, std::string settings, Duration timeout) {
  const Answer answer;
  world.loop.after(timeout, [answer] { answer.set(too_late()); });
  Network::Pipe pipe;
  world.network.send(pipe, [&world, id, settings, answer] {
    const auto replica = world.cluster->replica(id).lock();
    auto parsed = detail::from_json<spec::RunningSettings>(settings, UnknownKeys::Ignore);
    if (!replica) return answer.set(fail(ErrorCode::Unavailable, "connection refused"));
    if (!parsed) return answer.set(std::unexpected(std::move(parsed.error())));
    replica->take_settings(*parsed);
    answer.set({});
  });
  co_return co_await answer;
}

}  // namespace

ReplicaWatch::ReplicaWatch(World& world, std::string replica_id, OnState on_state)
    : world_(world), replica_id_(std::move(replica_id)), on_state_(std::move(on_state)), tasks_(world.loop) {
  connect();
}

ReplicaWatch::~ReplicaWatch() {
  stream_->open = false;
  world_.loop.cancel(reconnect_);
  world_.loop.cancel(check_);
}

// A stream that finds no replica is not told anything: the exit is on its way.
void ReplicaWatch::connect() {
  stream_ = std::make_shared<StateStream>();
  stream_->deliver = on_state_;
  stream_->broken = [this] { reconnect_ = world_.loop.after(kReconnect, [this] { connect(); }); };
  Network::Pipe pipe;
  world_.network.send(pipe, [stream = stream_, &world = world_, id = replica_id_] {
    if (!stream->open) return;
    if (const auto replica = world.cluster->replica(id).lock()) replica->watch(stream);
  });
}

void ReplicaWatch::check_health(Duration delay, Duration timeout, OnHealth on_health) {
  world_.loop.cancel(check_);
  check_ = world_.loop.after(delay, [this, timeout, callback = std::move(on_health)]() mutable {
    tasks_.spawn(run_check(timeout, std::move(callback)));
  });
}

Task<void> ReplicaWatch::run_check(Duration timeout, OnHealth on_health) {
  const Answer answer;
  const TimerId limit = world_.loop.after(timeout, [answer] { answer.set(too_late()); });
  ask_health(world_, replica_id_, answer);
  Result<void> result = co_await answer;
  world_.loop.cancel(limit);
  world_.loop.cancel(check_);
  check_ = world_.loop.after(Duration::zero(),
                             [callback = std::move(on_health), outcome = std::move(result)] { callback(outcome); });
}

Task<Result<void>> ReplicaWatch::tell_settings(std::string settings, Duration timeout) {
  return give_settings(world_, replica_id_, std::move(settings), timeout);
}

}  // namespace manta::simulate
