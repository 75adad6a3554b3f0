#include "simulate/simulated_replica.h"

#include <algorithm>
#include <utility>

#include "simulate/caller.h"
#include "simulate/cluster.h"

namespace manta::simulate {
namespace {

int lanes_of(const ServiceTime& time, const DeploymentConfig& config) {
  return std::max(1, time.parallel > 0 ? time.parallel : config.compute_threads);
}

std::vector<std::string> handles_of(const World& world, const control::ReplicaSpec& spec) {
  const auto found = world.children.find({spec.application, spec.deployment});
  return found == world.children.end() ? std::vector<std::string>{} : found->second;
}

}  // namespace

SimulatedReplica::SimulatedReplica(World& world, runtime::ReplicaProcess process, control::ReplicaSpec spec)
    : world_(world),
      process_(std::move(process)),
      spec_(std::move(spec)),
      admission_(spec_.config.max_ongoing_requests),
      workers_(std::make_shared<Workers>(world, world.options.services.of(spec_.deployment),
                                         lanes_of(world.options.services.of(spec_.deployment), spec_.config))),
      children_(handles_of(world, spec_)),
      tasks_(world.loop) {}

SimulatedReplica::~SimulatedReplica() {
  for (const TimerId timer : {start_timer_, lapse_timer_, report_timer_}) world_.loop.cancel(timer);
}

void SimulatedReplica::start() {
  const Duration takes = world_.options.start_times.of(spec_.deployment).draw(world_.random);
  start_timer_ = world_.loop.after(takes, [this] { ready(); });
}

void SimulatedReplica::ready() {
  start_timer_ = 0;
  if (phase_ != Phase::Starting || world_.cluster->never_ready()) return;
  phase_ = world_.cluster->start_fails() ? Phase::StartFailed : Phase::Running;
  if (phase_ == Phase::Running && !children_.empty())
    caller_ = std::make_unique<Caller>(world_, spec_.deployment, process_.node_id);
  if (phase_ == Phase::Running) ready_at_ = world_.loop.now();
  report();
}

void SimulatedReplica::drain() {
  if (phase_ == Phase::Draining || phase_ == Phase::Gone) return;
  phase_ = Phase::Draining;
  for (const auto& [id, connection] : connections_) connection->announce_draining();
  report();
  if (running_.empty()) end();
}

void SimulatedReplica::end() {
  const Phase before = std::exchange(phase_, Phase::Gone);
  if (before == Phase::Gone) return;
  const auto self = shared_from_this();
  workers_->stop();
  if (before == Phase::Draining && running_.empty())
    for (const auto& [id, connection] : std::exchange(connections_, {})) connection->finish();
  cut_connections();
  running_.clear();
  streams_.clear();
  world_.cluster->gone(*this);
  world_.loop.post([self] {  // not from inside one of its calls
    self->tasks_.cancel_all();
    self->caller_.reset();
  });
}

// The control connection and those of callers.
void SimulatedReplica::cut_connections() {
  for (const auto& [id, connection] : std::exchange(connections_, {})) connection->cut();
  for (const auto& stream : std::exchange(streams_, {}))
    if (std::exchange(stream->open, false)) stream->broken();
}

void SimulatedReplica::accept(const std::shared_ptr<Connection>& connection) {
  if (phase_ == Phase::Gone) return connection->cut();
  connections_[connection->id()] = connection;
  if (phase_ == Phase::Draining)
    connection->announce_draining();
  else
    admission_.listen(connection->id());
  connection->accepted();
}

void SimulatedReplica::disconnected(std::uint64_t connection) {
  connections_.erase(connection);
  admission_.forget(connection);
  if (phase_ != Phase::Gone) places_changed();
}

void SimulatedReplica::refuse(Connection& connection, const AttemptPtr& attempt, routing::Refusal why) {
  connection.answer(attempt, {.refusal = why, .queue = admission_.ongoing()});
}

void SimulatedReplica::receive(const std::shared_ptr<Connection>& connection, const AttemptPtr& attempt) {
  if (phase_ == Phase::Gone) return;
  if (phase_ == Phase::Draining) return refuse(*connection, attempt, routing::Refusal::Draining);
  if (phase_ != Phase::Running) return refuse(*connection, attempt, routing::Refusal::Full);
  const bool admitted = admission_.admit(connection->id(), attempt->waiting, world_.loop.now());
  places_changed();
  const bool squeezed_in = !admitted && world_.options.mistake == Mistake::AdmitTooMany;
  if (!admitted && !squeezed_in) return refuse(*connection, attempt, routing::Refusal::Full);
  world_.ledger.admitted(attempt->call);
  const std::uint64_t run = next_run_++;
  running_[run] = {connection, attempt};
  if (ongoing() > spec_.config.max_ongoing_requests)
    world_.findings.add(process_.id + " runs " + std::to_string(ongoing()) + " requests, max_ongoing_requests is " +
                        std::to_string(spec_.config.max_ongoing_requests));
  workers_->add([weak = weak_from_this(), run] {
    if (const auto self = weak.lock()) self->own_part_done(run);
  });
}

void SimulatedReplica::own_part_done(std::uint64_t run) {
  if (!caller_) return answer(run, {});
  const auto found = running_.find(run);
  if (found != running_.end()) tasks_.spawn(call_children(run, found->second.attempt->call));
}

Task<void> SimulatedReplica::call_children(std::uint64_t run, CallId call) {
  Result<void> result;
  for (std::size_t i = 0; i < children_.size() && result; ++i) {
    auto calling = caller_->call({spec_.application, children_[i]}, CallTerms{}, call);
    result = co_await calling;
  }
  answer(run, result);
}

void SimulatedReplica::answer(std::uint64_t run, const Result<void>& result) {
  const auto found = running_.find(run);
  if (found == running_.end()) return;
  const Running done = std::move(found->second);
  if (const auto connection = done.connection.lock())
    connection->answer(done.attempt, {.answered = true,
                                      .error = result ? std::nullopt : std::optional(result.error()),
                                      .queue = admission_.ongoing() - 1});
  running_.erase(found);
  ++completed_;
  if (admission_.ongoing() > 0) admission_.release();
  places_changed();
}

// As a real replica does after each change of its admission.
void SimulatedReplica::places_changed() {
  for (const replica::Admission::Grant& grant : admission_.grant(world_.loop.now()))
    if (const auto to = connections_.find(grant.connection); to != connections_.end()) to->second->grant(grant.count);
  const auto lapse = admission_.next_lapse();
  if (lapse && lapse_timer_ == 0)
    lapse_timer_ = world_.loop.at(*lapse, [this] {
      lapse_timer_ = 0;
      admission_.expire(world_.loop.now());
      places_changed();
    });
  report_load_later();
  if (phase_ == Phase::Draining && running_.empty()) end();
}

SimulatedReplica::Work SimulatedReplica::work() const {
  const std::chrono::duration<double> lived = world_.loop.now() - begun_at_;
  if (ready_at_ == TimePoint::max()) return {.lived_s = lived.count()};
  const std::chrono::duration<double> since = world_.loop.now() - ready_at_;
  return {.busy_s = workers_->busy_s(), .ready_s = since.count() * workers_->lanes(), .lived_s = lived.count()};
}

void SimulatedReplica::slow_down(double factor) {
  factor_ = factor;
  workers_->slow_down(factor);
}

}  // namespace manta::simulate
