#include "simulate/connection.h"

#include <utility>

#include "simulate/simulated_replica.h"

namespace manta::simulate {

Connection::Connection(World& world, std::weak_ptr<SimulatedReplica> replica, Events events)
    : world_(world), id_(world.next_id++), replica_(std::move(replica)), events_(std::move(events)) {}

void Connection::open() {
  world_.network.send(to_replica_, [self = shared_from_this()] {
    if (!self->open_) return;
    if (const auto replica = self->replica_.lock())
      replica->accept(self);
    else
      self->cut();
  });
}

void Connection::send(const AttemptPtr& attempt) {
  if (!open_) return attempt->outcome.set({.failure = net::CallFailure::NeverStarted});
  attempt->number = next_attempt_++;
  attempts_[attempt->number] = attempt;
  world_.network.send(to_replica_, [self = shared_from_this(), attempt] {
    if (!self->open_) return;
    if (const auto replica = self->replica_.lock()) replica->receive(self, attempt);
  });
}

// Whoever waits for a call has gone too.
void Connection::close() {
  events_ = {};
  if (!std::exchange(open_, false)) return;
  attempts_.clear();
  if (const auto replica = replica_.lock()) replica->disconnected(id_);
}

void Connection::to_caller(Loop::Callback deliver) {
  if (!open_) return;
  world_.network.send(to_caller_, [self = shared_from_this(), run = std::move(deliver)]() mutable {
    if (self->open_) run();
  });
}

void Connection::accepted() {
  to_caller([this] {
    if (events_.up) events_.up();
  });
}

void Connection::answer(const AttemptPtr& attempt, AttemptOutcome outcome) {
  if (world_.options.mistake == Mistake::LoseAnswer && outcome.answered && attempt->call % 97 == 5) return;
  to_caller([this, attempt, outcome] { deliver(attempt, outcome); });
  if (world_.options.mistake == Mistake::AnswerTwice && outcome.answered && attempt->call % 97 == 5)
    to_caller([this, attempt, outcome] { deliver(attempt, outcome); });
}

void Connection::deliver(const AttemptPtr& attempt, AttemptOutcome outcome) {
  attempts_.erase(attempt->number);
  if (outcome.answered) world_.ledger.answer_came(attempt->call);
  attempt->outcome.set(std::move(outcome));
}

void Connection::grant(int count) {
  if (world_.network.lose()) return;
  to_caller([this, count] {
    if (events_.granted) events_.granted(count);
  });
}

void Connection::announce_draining() {
  to_caller([this] {
    if (events_.draining) events_.draining();
  });
}

void Connection::finish() {
  world_.network.send(to_caller_, [self = shared_from_this()] {
    if (std::exchange(self->open_, false)) self->broken(net::CallFailure::NeverStarted);
  });
}

// Nobody can tell which of the open calls the replica has received.
void Connection::cut() {
  if (!std::exchange(open_, false)) return;
  const auto self = shared_from_this();
  if (const auto replica = replica_.lock()) replica->disconnected(id_);
  broken(net::CallFailure::MaybeStarted);
}

void Connection::broken(net::CallFailure failure) {
  if (events_.broken) events_.broken();
  const auto open = std::exchange(attempts_, {});
  for (const auto& [number, attempt] : open) {
    if (failure == net::CallFailure::MaybeStarted) world_.ledger.hit(attempt->call);
    attempt->outcome.set({.failure = failure});
  }
}

}  // namespace manta::simulate
