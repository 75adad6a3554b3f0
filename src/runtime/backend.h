#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/describe/class.hpp>

#include <manta/config.h>
#include <manta/error.h>
#include <manta/task.h>

#include "spec/reservation.h"

namespace manta::runtime {

// A replica process to be started. `id` is the unique key: starting one that lives is no error and changes nothing.
struct ReplicaProcess {
  std::string id;                      // "rag#Embed#k3v9x2"
  std::string artifact;                // absolute path of the binary or shared object to run from; empty: a builtin
  std::string program;                 // what to execute; empty: Manta's own binary, which loads the artifact
  std::vector<std::string> arguments;  // of the replica role
  std::map<std::string, std::string> environment;  // added to the agent's
  Resources resources;
  std::uint64_t epoch = 0;            // of the controller that asked for it
  std::string labels;                 // opaque JSON of the controller, given back by list()
  std::string node_id;                // where it is to run
  std::vector<spec::Bundle> bundles;  // that it holds until it is gone, its own first; children claim them
  std::string gang_id;                // of replicas that are reserved and started together; empty: it is in none
  int gang_size = 1;                  // its members, this one included
};
BOOST_DESCRIBE_STRUCT(ReplicaProcess, (),
                      (id, artifact, program, arguments, environment, resources, epoch, labels, node_id, bundles,
                       gang_id, gang_size))

struct ObservedReplica {
  std::string id;
  std::string address;  // where it listens (connects succeed from its start on)
  std::string node_id;
  int pid = 0;
  double start_time_s = 0;  // Unix time
  std::uint64_t epoch = 0;
  std::string labels;
};
BOOST_DESCRIBE_STRUCT(ObservedReplica, (), (id, address, node_id, pid, start_time_s, epoch, labels))

struct ReplicaExit {
  std::string id;
  int pid = 0;
  int exit_code = -1;  // -1 when ended by a signal
  int signal = 0;
  std::string last_output;  // the last lines it wrote to standard error
};
BOOST_DESCRIBE_STRUCT(ReplicaExit, (), (id, pid, exit_code, signal, last_output))

struct NodeInfo {
  std::string node_id;
  Resources total;  // that replicas of this instance may hold together
  std::map<std::string, std::string> labels;
  std::string accelerator_type;           // kind of its GPUs; empty: not known
  bool is_head = false;                   // the controller runs there
  std::string address = {};               // of the machine: "10.0.0.5"; empty: not known
  std::optional<Resources> machine = {};  // all it has, where others use it too; none: the same as `total`
  bool is_leaving = false;                // what the machine belongs to gives it up: nothing new is started there
  double leaves_at_s = 0;                 // Unix time at which a leaving node ends, empty or not; 0: not known
};
BOOST_DESCRIBE_STRUCT(NodeInfo, (),
                      (node_id, total, labels, accelerator_type, is_head, address, machine, is_leaving, leaves_at_s))

// Where replica processes run: local (the node agent), ray, or a fake in tests. It starts and stops processes and
// reports what it sees; it decides nothing, and requests never pass through it. Calls may be repeated. Loop-confined.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual Task<Result<ObservedReplica>> start(ReplicaProcess process) = 0;  // returns when the process exists
  // SIGTERM at once, SIGKILL to the whole process group after `grace`; returns when asked, not when it has ended.
  virtual Task<Result<void>> stop(std::string id, double grace_s) = 0;
  virtual Task<Result<std::vector<ObservedReplica>>>
  list() = 0;  // what lives now; the truth after a controller restart
  virtual Task<Result<std::vector<NodeInfo>>> nodes() = 0;
  // Called on the loop when a node has joined, left or changed. A backend with one node for ever never calls it.
  virtual void on_nodes_changed(std::function<void()> callback) { static_cast<void>(callback); }
  // Called on the loop for each replica that ended, also one that was asked to.
  virtual void on_exit(std::function<void(ReplicaExit)> callback) = 0;
};

}  // namespace manta::runtime
