#include "replica/call_board.h"

#include <vector>

#include "replica/active_call.h"

namespace manta::replica {

CallBoard::CallBoard(Loop& on, Compute& pool, Metrics& registry, const ReplicaOptions& with)
    : loop(on),
      compute(pool),
      options(with),
      metrics(registry, {{"application", with.application}, {"deployment", with.deployment}, {"replica", with.id}}),
      admission(with.config.max_ongoing_requests, with.grant_life),
      gates(on),
      call_log({.component = with.id,
                .component_name = "replica",
                .fields = {{"application", with.application}, {"deployment", with.deployment}, {"replica", with.id}}}) {
}

// What a coroutine holds may end other calls.
CallBoard::~CallBoard() {
  while (!calls.empty()) {
    const auto call = calls.back()->shared_from_this();
    remove(*call);
    call->detach();
  }
}

void CallBoard::add(ActiveCall& call) {
  call.on_board_ = calls.size();
  calls.push_back(&call);
}

void CallBoard::remove(ActiveCall& call) {
  calls[call.on_board_] = calls.back();
  calls[call.on_board_]->on_board_ = call.on_board_;
  calls.pop_back();
}

void CallBoard::place_freed() {
  admission.release();
  ++completed;
  metrics.ongoing.set(admission.ongoing());
  if (on_place_freed) on_place_freed();
}

void CallBoard::set_abandoned(int by) {
  abandoned += by;
  metrics.abandoned_now.add(by);
  if (by > 0) metrics.abandoned.add();
}

void CallBoard::cancel_all(const Error& error) {
  std::vector<std::shared_ptr<ActiveCall>> all;
  for (ActiveCall* call : calls) all.push_back(call->shared_from_this());
  for (const auto& call : all) call->give_up(error);
}

}  // namespace manta::replica
