#pragma once

#include <string>
#include <vector>

#include <manta/error.h>

#include "cli/instance_options.h"
#include "cli/port_choice.h"
#include "runtime/local/instance_dir.h"

namespace manta::cli {

// Everything an instance listens on, opened before its first process starts: what connects early waits in the queue,
// and a role that is restarted finds its socket again. Closed by the destructor.
struct ListeningSockets {
  int http = -1, admin = -1, controller = -1, agent = -1;
  int metrics = -1;                         // stays -1 where there is none
  std::string http_address, admin_address;  // with the port that it has become
  std::vector<std::string> notices;         // of default ports that were taken: what is used instead, and why

  // Unavailable names the port and the option that chooses another.
  static Result<ListeningSockets> open(const InstanceOptions& options, const runtime::InstancePaths& paths);
  ListeningSockets() = default;
  ListeningSockets(ListeningSockets&& other) noexcept;
  ListeningSockets& operator=(ListeningSockets&&) = delete;
  ~ListeningSockets();

 private:
  Result<void> open_ports(const InstanceOptions& options);
  Result<std::string> keep(int& slot, const PortChoice& choice);
};

}  // namespace manta::cli
