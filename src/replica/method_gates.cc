#include "replica/method_gates.h"

#include <algorithm>
#include <utility>

namespace manta::replica {

MethodGates::Pass MethodGates::enter(std::string_view method, int limit, std::move_only_function<void()> run) {
  auto known = gates_.find(method);
  if (known == gates_.end()) known = gates_.emplace(std::string(method), std::make_shared<Gate>()).first;
  Gate& gate = *known->second;
  gate.limit = limit;
  const Pass pass = next_++;
  passes_.emplace(pass, &gate);
  if (!gate.waiting.empty() || gate.running >= gate.limit) {
    gate.waiting.push_back({pass, std::move(run)});
    return pass;
  }
  ++gate.running;
  run();
  return pass;
}

void MethodGates::leave(Pass pass) {
  const auto known = passes_.find(pass);
  if (known == passes_.end()) return;
  Gate& gate = *known->second;
  passes_.erase(known);
  const auto at = std::ranges::find(gate.waiting, pass, &Waiting::pass);
  if (at == gate.waiting.end()) {
    --gate.running;
    return pump_soon(gate);
  }
  const Waiting dropped = std::move(*at);  // destroyed when the gate is in order again
  gate.waiting.erase(at);
}

// Not at once: a call may leave while its coroutine is being destroyed.
void MethodGates::pump_soon(Gate& gate) {
  if (gate.waiting.empty() || std::exchange(gate.pump_posted, true)) return;
  const auto owner = std::ranges::find(gates_, &gate, [](const auto& entry) { return entry.second.get(); });
  loop_.post([weak = std::weak_ptr(owner->second)] {
    const auto alive = weak.lock();
    if (!alive) return;
    alive->pump_posted = false;
    pump(*alive);
  });
}

void MethodGates::pump(Gate& gate) {
  while (!gate.waiting.empty() && gate.running < gate.limit) {
    auto next = std::move(gate.waiting.front());
    gate.waiting.pop_front();
    ++gate.running;
    next.run();
  }
}

std::size_t MethodGates::waiting() const {
  std::size_t count = 0;
  for (const auto& [method, gate] : gates_) count += gate->waiting.size();
  return count;
}

}  // namespace manta::replica
