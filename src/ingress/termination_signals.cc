#include "ingress/termination_signals.h"

#include <csignal>
#include <utility>

#include <pthread.h>

namespace manta::ingress {
namespace {

sigset_t termination_set() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

}  // namespace

TerminationSignals::TerminationSignals(std::function<void()> on_signal) : on_signal_(std::move(on_signal)) {
  const sigset_t set = termination_set();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  waiter_ = std::thread([this] { wait(); });
}

TerminationSignals::~TerminationSignals() {
  stopping_ = true;
  pthread_kill(waiter_.native_handle(), SIGTERM);  // wakes the waiter only
  waiter_.join();
}

void TerminationSignals::wait() {
  const sigset_t set = termination_set();
  for (int signal = 0; sigwait(&set, &signal) == 0 && !stopping_;) on_signal_();
}

}  // namespace manta::ingress
