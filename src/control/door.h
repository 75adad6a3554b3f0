#pragma once

namespace manta::control {

// By which way a request has come to the controller.
enum class Door {
  Admin,    // the admin port: any program that reaches it
  Own,      // the controller's socket, which only this user's processes reach
  Cluster,  // the cluster address: processes of this instance on any node, which have proved it
};

inline bool is_trusted(Door door) { return door != Door::Admin; }

}  // namespace manta::control
