#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/loop.h"
#include "base/loop_latency.h"
#include "base/metrics.h"
#include "control/admin_api.h"
#include "control/controller.h"
#include "net/peer_security.h"
#include "net/server.h"
#include "runtime/local/instance_dir.h"

namespace manta::cli {

// What a controller process has whatever its replicas run on; made before the backend, and outlives it.
struct ControllerBase {
  ControllerBase(std::unique_ptr<control::StateStore> opened, const runtime::InstancePaths& paths);

  SystemClock clock;
  Loop loop{clock};
  Logger logger{LogOptions{.component = "controller", .async = false}};
  Metrics metrics;
  net::ReceiveBudget budget;
  std::unique_ptr<control::StateStore> store;
  control::ArtifactStore artifacts;
};

// The controller with its doors. Confined to the loop of `base`, which outlives it, as the backend does.
class ServingController {
 public:
  struct Settings {
    control::ControllerOptions options;
    runtime::InstancePaths paths;
    std::vector<std::string> environment;  // of this process; its children get it
    std::function<void()> shut_down;       // ends the instance: somebody asked for it by the admin API
    net::PeerSecurityPtr security;         // of connections over TCP to replicas, and of the cluster's door
  };
  ServingController(ControllerBase& base, runtime::Backend& backend, Settings settings);

  // Takes a listening descriptor; requests that come by it are answered as those of that door.
  void open(int listening_fd, control::Door door);
  void begin() { controller_.begin(); }
  control::Controller& controller() { return controller_; }

 private:
  ControllerBase& base_;
  LoopLatency latency_;
  net::PeerSecurityPtr security_;
  control::Controller controller_;
  control::AdminApi admin_;
  std::vector<std::unique_ptr<net::Server>> servers_;
};

}  // namespace manta::cli
