#include <manta/mailbox.h>

#include "api/replica_scope.h"

namespace manta::detail {

// `awake` and `waiter` are confined to the strand. Outside a replica (a test that just constructs the class) the waker
// resumes the waiter itself.
struct Signal::State {
  std::shared_ptr<api::Strand> strand;
  bool awake = false;
  Resumption waiter;

  void wake() {
    if (waiter)
      waiter.resume();
    else
      awake = true;
  }
};

Signal::Signal() : state_(std::make_shared<State>()) {
  if (const api::ReplicaScope* scope = api::current_replica()) state_->strand = scope->strand;
}

Signal::~Signal() = default;

void Signal::wake() {
  if (!state_->strand)
    state_->wake();
  else
    state_->strand->post([state = state_] { state->wake(); });
}

Task<void> Signal::wait() {
  struct Awaiter {
    std::shared_ptr<State> state;
    bool parked = false;
    bool await_ready() { return std::exchange(state->awake, false); }
    void await_suspend(std::coroutine_handle<> handle) {
      parked = true;
      state->waiter = Resumption(handle);
    }
    void await_resume() { parked = false; }
    ~Awaiter() {
      if (parked) state->waiter.forget();
    }
  };
  Awaiter awaiter{state_};
  co_await awaiter;
}

}  // namespace manta::detail
