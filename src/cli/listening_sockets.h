#pragma once

#include <optional>
#include <string>

#include <manta/error.h>

#include "cli/instance_options.h"
#include "runtime/local/instance_dir.h"

namespace manta::cli {

// Everything an instance listens on, opened before its first process starts: what connects early waits in the queue,
// and a role that is restarted finds its socket again. Closed by the destructor.
struct ListeningSockets {
  int http = -1, admin = -1, controller = -1, agent = -1;
  int metrics = -1;                         // stays -1 where it was not asked for, or nobody insisted and it was taken
  std::string http_address, admin_address;  // with the port that was chosen for port 0

  // Unavailable names the port and the option that chooses another.
  static Result<ListeningSockets> open(const InstanceOptions& options, const runtime::InstancePaths& paths);
  ListeningSockets() = default;
  ListeningSockets(ListeningSockets&& other) noexcept;
  ListeningSockets& operator=(ListeningSockets&&) = delete;
  ~ListeningSockets();

 private:
  Result<void> open_metrics(const std::string& host, std::optional<int> port);
};

}  // namespace manta::cli
