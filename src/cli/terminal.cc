#include "cli/terminal.h"

#include <string>

#include <poll.h>
#include <unistd.h>

namespace manta::cli {
namespace {

constexpr std::size_t kMaxLine = 4000;  // a pipe that is writable takes so much at once (PIPE_BUF)

void write_line(int fd, std::string_view line) {
  while (!line.empty() || fd < 0) {
    std::string piece(line.substr(0, kMaxLine));
    line.remove_prefix(piece.size());
    if (line.empty()) piece += '\n';
    pollfd ready{.fd = fd, .events = POLLOUT, .revents = 0};
    if (::poll(&ready, 1, 50) <= 0 || (ready.revents & POLLOUT) == 0) return;
    if (::write(fd, piece.data(), piece.size()) < 0) return;
  }
}

}  // namespace

void print_line(std::string_view line) { write_line(STDOUT_FILENO, line.empty() ? std::string_view(" ") : line); }
void print_error_line(std::string_view line) { write_line(STDERR_FILENO, line.empty() ? std::string_view(" ") : line); }

}  // namespace manta::cli
