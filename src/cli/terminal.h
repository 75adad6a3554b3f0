#pragma once

#include <string_view>

namespace manta::cli {

// Writes a line to standard output (or standard error) without ever blocking for long: a reader that has stopped
// reading loses lines, and does not stop the node agent.
void print_line(std::string_view line);
void print_error_line(std::string_view line);

}  // namespace manta::cli
