#pragma once

#include <span>
#include <string_view>

#include "net/message.h"
#include "spec/replica_set.h"

namespace manta::ingress {

// What the proxy knows of itself and of the instance when it is asked how it is.
struct DoorState {
  const spec::RoutingSnapshot* snapshot = nullptr;  // null before the first
  bool draining = false;
  bool is_head = true;  // stays healthy without any replica, so that an application can start from none
};

// GET /-/healthz: "success", or 503 with the reason in words that users know.
net::Response health_page(const DoorState& state);

// GET /healthz: the process serves.
net::Response alive_page();

// GET /ready: 200 when every application is ready, else 503 that names what is not. Nothing deployed is not ready.
net::Response ready_page(const DoorState& state);

// GET /-/routes: {"/prefix":"application"}.
net::Response routes_page(const DoorState& state);

// A path that the proxy answers itself. `page` is null for the metrics, which have to be gathered first. Those outside
// /-/ give way to a route that an application declares for exactly that path. Those that say that the proxy lives are
// answered only while all its loops do.
struct SystemPage {
  std::string_view path;
  net::Response (*page)(const DoorState&);
  bool reserved;
  bool of_all_loops;
};
std::span<const SystemPage> system_pages();

}  // namespace manta::ingress
