#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "control/node_compaction.h"
#include "runtime/backend.h"
#include "simulate/arrivals.h"
#include "simulate/faults.h"
#include "simulate/service_time.h"
#include "spec/application_graph.h"
#include "spec/instance_config.h"

namespace manta::simulate {

// An application and what its code builds. What stands at its import path is not looked at.
struct SimulatedApplication {
  spec::ApplicationConfig config;
  std::vector<spec::ApplicationGraph> graphs;
};

// One fault of the simulation itself, on purpose: shows that the invariants notice it.
enum class Mistake {
  None,
  LoseAnswer,     // an answer disappears on a connection that stands
  AnswerTwice,    // an answer comes twice
  AdmitTooMany,   // a replica takes requests beyond max_ongoing_requests
  RunTwice,       // what may have run is sent again although it must not
  GiveUp,         // a refused request is not sent again
  KeepPlace,      // a place on a replica is not given back
  StopTooMany,    // a replica is stopped that nobody asked to stop
  BookTwice,      // a replica takes its share of the node twice
  NeverReady,     // replicas that are started late in the run never get ready
  ForgetReplica,  // a caller does not hear of the last snapshots
  KeepMember,     // a member of a gang does not end when it is stopped
  EndEarly,       // a member of a gang is said to have ended while it lives on
  RouteToPart,    // a snapshot lacks a member of a gang
  LoseBundle,     // a replica is started without the last bundle of its group
};

struct SimulationOptions {
  std::vector<SimulatedApplication> applications;
  std::vector<runtime::NodeInfo> nodes;
  ServiceTimes services{.otherwise = {.mean_s = 0.1}};   // of one request, by deployment
  ServiceTimes start_times{.otherwise = {.mean_s = 5}};  // of a replica, until it is ready
  Arrivals arrivals;
  double duration_s = 600;        // of the arrivals; it begins when the applications run
  double step_s = 0;              // between two rows of the timeline; 0: a twentieth of the duration
  int callers = 1;                // processes (or io threads) that send the requests
  double idempotent_share = 0;    // of the requests may be run twice
  double timeout_s = 0;           // deadline of each request; 0: none but request_timeout_s
  std::vector<double> updates_s;  // a new version of everything is deployed then
  control::PackingOptions packing;
  FaultOptions faults;
  std::uint64_t seed = 1;
  Mistake mistake = Mistake::None;
};

}  // namespace manta::simulate
