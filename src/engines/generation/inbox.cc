#include "engines/generation/inbox.h"

#include <utility>

#include "engines/message.h"

namespace manta::engines {

Result<LlmEngine::Id> Inbox::submit(PendingGeneration pending) {
  const std::lock_guard lock(mutex_);
  if (mail_.closed) return fail(ErrorCode::Unavailable, "the engine is shutting down");
  if (waiting_ >= max_waiting_)
    return fail(ErrorCode::Overloaded,
                message("{} requests already wait for a slot of the engine (option max_waiting)", max_waiting_));
  ++waiting_;
  const LlmEngine::Id id = next_id_++;
  pending.id = id;
  mail_.requests.push_back(std::move(pending));
  arrived_.notify_one();
  return id;
}

void Inbox::cancel(LlmEngine::Id id) {
  const std::lock_guard lock(mutex_);
  mail_.cancelled.push_back(id);
  arrived_.notify_one();
}

void Inbox::close() {
  const std::lock_guard lock(mutex_);
  mail_.closed = true;
  arrived_.notify_one();
}

Inbox::Mail Inbox::take() {
  const std::lock_guard lock(mutex_);
  return take_locked();
}

Inbox::Mail Inbox::wait(std::optional<std::chrono::steady_clock::time_point> deadline) {
  std::unique_lock lock(mutex_);
  const auto ready = [this] { return has_mail(); };
  if (deadline)
    arrived_.wait_until(lock, *deadline, ready);
  else
    arrived_.wait(lock, ready);
  return take_locked();
}

Inbox::Mail Inbox::take_locked() {
  Mail taken{.closed = mail_.closed};
  std::swap(taken.requests, mail_.requests);
  std::swap(taken.cancelled, mail_.cancelled);
  return taken;
}

}  // namespace manta::engines
