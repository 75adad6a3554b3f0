#pragma once

#include <optional>
#include <string>

namespace manta::cli {

// The way of a command into the background. The process at the terminal forks, before it has a thread or a loop; the
// child goes on as the instance, in a session of its own, and the parent waits until it is ready.

// In the parent: the exit code, 0 once the child has let go; when it ended before, that of the child, or 1. Ctrl-C and
// SIGTERM are passed on to it. In the child: nullopt, and `ready_fd` is for let_go().
std::optional<int> go_to_background(int& ready_fd);

// In the child, once: output goes to the end of file `log` from now on, and the parent ends with exit code 0.
void let_go(int ready_fd, const std::string& log);

}  // namespace manta::cli
