#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <manta/error.h>

namespace manta::cli {

// A port that an instance is to listen on.
struct PortChoice {
  std::string host;
  int port = 0;              // 0: any free one
  bool is_default = false;   // nobody asked for this one: where it is taken, the next free port does
  std::string_view option;   // that chooses another: "--admin-port"
  std::string_view purpose;  // "the admin port"
};

struct OpenPort {
  int fd = -1;          // listening
  std::string address;  // with the port that it has become
  std::string notice;   // which port was taken instead, why and by whom; empty: it is the port of the choice
};

// That of the admin API, on this machine alone; not given: the default one.
PortChoice admin_port_choice(std::optional<int> port);

// "10.0.0.1:8000", "[::1]:8000"; localhost is 127.0.0.1.
std::string host_and_port(const std::string& host, int port);

// Unavailable names the port, who answers there, and the option that chooses another. Asks whoever has the port who he
// is, for half a second at most at each question.
Result<OpenPort> open_port(const PortChoice& choice);

}  // namespace manta::cli
