#include "cli/event_text.h"

#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace manta::cli {

std::string event_line(const control::Event& event) {
  std::string line =
      fmt::format("{:%Y-%m-%d %H:%M:%S}  {:<20}", fmt::localtime(static_cast<std::time_t>(event.time_s)), event.kind);
  std::string subject = event.replica;
  if (subject.empty()) subject = event.application + (event.deployment.empty() ? "" : "/" + event.deployment);
  line += "  " + subject + (subject.empty() || event.message.empty() ? "" : ": ");
  for (const char c : event.message) line += c == '\n' ? std::string("\n    ") : std::string(1, c);
  if (!event.by.empty()) line += fmt::format(" (by {})", event.by);
  return line;
}

}  // namespace manta::cli
