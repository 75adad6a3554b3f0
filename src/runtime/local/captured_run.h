#pragma once

#include <string>
#include <vector>

#include <manta/error.h>
#include <manta/task.h>

#include "base/loop.h"

namespace manta::runtime {

struct CapturedRun {
  std::string program;
  std::vector<std::string> argv;
  std::vector<std::string> environment;
  Duration time_limit = std::chrono::seconds(10);
  std::string input = {};  // on its standard input
  bool may_fail = false;   // what it wrote to standard output counts whatever its exit code is
};

// Runs a short-lived child and returns what it wrote to standard output. AppError with what it wrote to standard error
// when its exit code is not 0, DeadlineExceeded (and the child killed) when it takes too long. Destroying the task
// kills the child. The calling thread must be the loop's.
Task<Result<std::string>> run_captured(Loop& loop, CapturedRun run);

}  // namespace manta::runtime
