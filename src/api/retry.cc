#include <manta/retry.h>

#include <algorithm>
#include <thread>

#include "api/replica_scope.h"

namespace manta::detail {

bool is_transient(ErrorCode code) {
  return code == ErrorCode::Overloaded || code == ErrorCode::Unavailable || code == ErrorCode::ReplicaDied ||
         code == ErrorCode::DeadlineExceeded;
}

std::chrono::nanoseconds back_off(std::chrono::nanoseconds base, int attempt, const Error& error) {
  const auto hint =
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(error.retry_after_s));
  return std::max(base * (std::int64_t{1} << std::min(attempt, 20)), hint);
}

void sleep_blocking(std::chrono::nanoseconds duration) {
  api::refuse_to_block("retry() with a function that blocks");
  std::this_thread::sleep_for(duration);
}

}  // namespace manta::detail
