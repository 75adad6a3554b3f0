// How a replica reports its state, and how it ends.
#include <algorithm>
#include <chrono>
#include <utility>

#include <manta/detail/json.h>

#include "base/unix_time.h"
#include "replica/replica_impl.h"
#include "spec/slot_notice.h"

namespace manta::replica {
namespace {

std::string_view state_name(ReplicaHost::Phase phase) {
  switch (phase) {
    case ReplicaHost::Phase::Starting:
      return "STARTING";
    case ReplicaHost::Phase::Running:
      return "RUNNING";
    case ReplicaHost::Phase::StartFailed:
      return "START_FAILED";
    case ReplicaHost::Phase::Stopping:
    case ReplicaHost::Phase::Gone:
      return "STOPPING";
  }
  return {};
}

}  // namespace

spec::ReplicaState ReplicaServer::Impl::state() const {
  return {
      .state = std::string(state_name(host.phase())),
      .message = host.message(),
      .is_final = host.is_final(),
      .ongoing = board.admission.ongoing(),
      .abandoned = board.abandoned,
      .completed = board.completed,
      .max_ongoing_requests =
          board.admission.max_ongoing() > options.config.max_ongoing_requests ? board.admission.max_ongoing() : 0,
      .autoscaling_stats = self_report.autoscaling_stats(),
      .batches_closed = host.servable() ? host.servable()->closed_batches() : std::map<std::string, std::uint64_t>()};
}

void ReplicaServer::Impl::phase_changed() {
  if (host.phase() == ReplicaHost::Phase::Gone) return;
  logger.info("replica state", {{"state", state_name(host.phase())}});
  if (host.phase() == ReplicaHost::Phase::Running) fit_places();
  if (host.phase() == ReplicaHost::Phase::Running)
    self_report.start(host.servable(), spec::running_settings(options.config));
  else
    self_report.stop();
  report();
  direct_callers.tell_running(host.phase() == ReplicaHost::Phase::Running);
  if (on_state) on_state(reported);
}

void ReplicaServer::Impl::report() {
  reported = state();
  reported_at = loop.now();
  if (states.size() == 0) return;
  spec::ReplicaState item = reported;
  item.sent_at_s = unix_time_s();
  states.send_all(*detail::to_json(item));
}

void ReplicaServer::Impl::report_load_later() {
  if (report_timer != 0 || states.size() == 0) return;
  report_timer = loop.at(std::max(loop.now(), reported_at + options.load_report), [this] {
    report_timer = 0;
    if (state() != reported) report();
  });
}

void ReplicaServer::Impl::drain(std::move_only_function<void(bool)> done) {
  if (std::exchange(draining, true)) return;
  on_drained = std::move(done);
  const auto limit = std::chrono::duration<double>(options.config.graceful_shutdown_timeout_s);
  drain_timer = loop.after(std::chrono::duration_cast<Duration>(limit), [this] {
    drain_timer = 0;
    give_up_draining();
  });
  tell_all({.draining = true});
  host.begin_stop();
  if (board.admission.ongoing() == 0) drained();
}

// The time for a graceful end is over: what still runs is cancelled. Plain code that does not return keeps the object.
void ReplicaServer::Impl::give_up_draining() {
  logger.warn("graceful_shutdown_timeout_s is over", {{"replica", options.id}, {"ongoing", board.admission.ongoing()}});
  board.cancel_all({.code = ErrorCode::Unavailable, .message = options.id + " was shut down before the request ended"});
  loop.post([this] {  // after the coroutines have been destroyed
    if (!stopping_host || host.in_on_stop()) close_server(false);
  });
}

void ReplicaServer::Impl::drained() {
  if (std::exchange(stopping_host, true)) return;
  host.stop([this] { close_server(true); });
}

void ReplicaServer::Impl::close_server(bool clean) {
  if (!on_drained) return;
  loop.cancel(std::exchange(drain_timer, 0));
  for (const auto& [name, member] : members) {  // they end after this one, but nobody reaches them any more
    member->states.finish_all();
    member->slots.finish_all();
  }
  states.finish_all();
  slots.finish_all();
  auto done = std::exchange(on_drained, nullptr);
  server.drain([done = std::move(done), clean]() mutable { done(clean); });
}

}  // namespace manta::replica
