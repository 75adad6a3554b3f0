#include "engines/sim/call_clock.h"

#include <thread>

#include "engines/message.h"
#include "engines/sim/parts.h"

namespace manta::engines::sim {

CallClock::CallClock(OptionReader& reader)
    : call_ms_(reader.number("call_ms", 0, 0, kMaxMs)),
      row_ms_(reader.number("row_ms", 0, 0, kMaxMs)),
      fail_every_(static_cast<std::uint64_t>(reader.integer("fail_every", 0, 0, kMaxCount))) {}

Result<void> CallClock::spend(std::size_t rows) {
  const std::uint64_t call = ++calls_;
  const double ms = call_ms_ + row_ms_ * static_cast<double>(rows);
  if (ms > 0) std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(ms));
  if (fail_every_ == 0 || call % fail_every_ != 0) return {};
  return fail(ErrorCode::Internal, message("sim: call {} fails because fail_every is {}", call, fail_every_));
}

}  // namespace manta::engines::sim
