#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "net/server.h"
#include "runtime/backend.h"
#include "spec/replica_state.h"

namespace manta::control {

// Servers that stand in for replica processes: one Unix socket each, on the test's own loop. The test says what state
// each tells; methods answer with the id.
class FakeReplicas {
 public:
  explicit FakeReplicas(Loop& loop);
  ~FakeReplicas();

  std::string start(const runtime::ReplicaProcess& process);  // where it listens
  void tell(const std::string& id, const spec::ReplicaState& state);
  void tell_all(const std::string& state);
  void end(const std::string& id) { replicas_.erase(id); }
  bool healthy = true;
  int health_checks = 0;
  std::vector<std::string> settings;               // told to any of them
  std::string settings_error;                      // what they answer; empty: they take them
  std::map<std::string, std::string> settings_of;  // the last that each was told
  std::string refusing, busy;                      // ids: this one's reconfigure() fails, this one cannot be reached

 private:
  struct Replica {
    std::unique_ptr<net::Server> server;
    net::ExchangePtr states;
    std::string last;  // item to give to who asks next
  };
  void handle(const std::string& id, const net::ExchangePtr& exchange);

  Loop& loop_;
  std::string folder_;
  net::ReceiveBudget budget_;
  std::map<std::string, Replica> replicas_;
  int next_ = 1;
};

}  // namespace manta::control
