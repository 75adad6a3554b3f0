#pragma once

#include <string>

#include <boost/describe/class.hpp>

#include <manta/error.h>

#include "runtime/local/instance_dir.h"

namespace manta::cli {

inline constexpr const char* kLocalBackend = "local";
inline constexpr const char* kRayBackend = "ray";

// <state>/agent.json: how the programs of this user reach a running instance. Left behind by one that was killed.
struct InstanceRecord {
  int pid = 0;
  std::string node_id, http_address, admin_address, controller_socket, agent_socket;
  std::string backend = kLocalBackend;
  std::string certificate = {}, key = {}, authority = {};  // files of an instance on a cluster; empty: it has none
};
BOOST_DESCRIBE_STRUCT(InstanceRecord, (),
                      (pid, node_id, http_address, admin_address, controller_socket, agent_socket, backend, certificate,
                       key, authority))

void write_instance_record(const runtime::InstancePaths& paths, const InstanceRecord& record);
// NotFound when no instance has used the folder.
Result<InstanceRecord> read_instance_record(const std::string& state_dir);

}  // namespace manta::cli
