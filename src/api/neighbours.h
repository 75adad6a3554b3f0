#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "api/strand.h"
#include "replica/replica_server.h"
#include "routing/replica_connection.h"
#include "spec/replica_set.h"

namespace manta::api {

// A replica of another deployment of the application in this process, as one of them sees it.
struct Neighbour {
  replica::ReplicaServer* server = nullptr;  // while `alive` is
  std::weak_ptr<const void> alive;
  std::shared_ptr<Strand> strand;
  spec::ReplicaSet set;                 // of the deployment with this replica alone, until the controller says more
  replica::ConnectionId as_caller = 0;  // who calls there, while it is connected
};

// The replicas that share a process (`placement: together`), seen from one of them. Its calls of those deployments stay
// in the process: the router of each has that replica alone. Filled before the replicas start; loop-confined.
class Neighbours {
 public:
  void add(std::shared_ptr<Neighbour> neighbour);
  bool empty() const { return by_deployment_.empty(); }
  // Null: it runs elsewhere.
  std::shared_ptr<Neighbour> find(std::string_view application, std::string_view deployment) const;

  // The connection to one of them, in place of one over a socket. Null: it is none of them.
  std::unique_ptr<routing::ReplicaConnection> connect(const spec::ReplicaAddress& address,
                                                      routing::ReplicaConnection::Events events) const;
  // The same with each neighbour as the only replica of its deployment.
  spec::RoutingSnapshot keep_here(spec::RoutingSnapshot snapshot) const;
  void for_each(const std::function<void(const spec::ReplicaSet&)>& visit) const;

 private:
  std::map<std::string, std::shared_ptr<Neighbour>, std::less<>> by_deployment_;
};

}  // namespace manta::api
