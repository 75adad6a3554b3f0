#pragma once

#include <string>

#include <manta/client.h>
#include <manta/error.h>

#include "net/peer_security.h"

namespace manta::api {

// How a client program reaches a running instance of its user.
struct InstanceAddress {
  std::string admin;              // "127.0.0.1:8265"
  net::PeerSecurityPtr security;  // of connections to replicas; null for an instance on one machine
};

// From the options, and from what the instance has left in its state folder: <state>/agent.json, and on a cluster
// <state>/cluster_token. Without such a record it is the port of the options, or 8265. InvalidArgument for a cluster
// whose token, or certificates, cannot be read.
Result<InstanceAddress> instance_address(const ClientOptions& options, const std::string& state_root);

}  // namespace manta::api
