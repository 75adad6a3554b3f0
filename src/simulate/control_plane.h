#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/task_scope.h"
#include "control/controller.h"
#include "simulate/network.h"
#include "simulate/world.h"

namespace manta::simulate {

class Caller;

// The real controller on a real store, in a folder of its own; what carries its snapshots to callers and their reports
// to it; its death and return. Loop-confined.
class ControlPlane {
 public:
  explicit ControlPlane(World& world);
  ~ControlPlane();
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  void begin();        // a controller starts on what the one before has stored
  void end();          // it dies for good
  void crash();        // it dies, and begins again after faults.restart_takes_s
  void deploy_anew();  // a new version of every deployment; goes on if the controller dies meanwhile
  bool deploys() const { return deployed_ != wanted_; }
  // Why the last deploy was refused; empty: it was not.
  const std::string& refusal() const { return refusal_; }
  control::Controller* controller() { return controller_.get(); }  // null while it is away
  const control::Controller* controller() const { return controller_.get(); }

  // For callers.
  void subscribe(Caller& caller);
  void unsubscribe(const Caller& caller);
  bool take_load(std::uint64_t caller, const spec::LoadReport& report);

 private:
  struct Subscriber {
    Caller* caller;
    std::shared_ptr<Network::Pipe> pipe;
    std::shared_ptr<const spec::RoutingSnapshot> told;  // by the present stream; null: nothing
  };
  Task<Result<std::vector<spec::ApplicationGraph>>> describe(std::string name) const;
  spec::InstanceConfig config() const;
  Task<void> deploy();
  void deploy_if_behind();
  void publish();
  void send(std::uint64_t subscriber);
  spec::RoutingChange next_item(const Subscriber& to) const;
  void check_stop(const std::string& replica_id);

  World& world_;
  std::filesystem::path folder_;
  control::ArtifactStore artifacts_;
  std::unique_ptr<control::StateStore> store_;
  std::unique_ptr<control::Controller> controller_;
  std::shared_ptr<const spec::RoutingSnapshot> latest_;  // of the present controller
  std::map<std::uint64_t, Subscriber> subscribers_;
  int wanted_ = 0, deployed_ = 0;  // generations of the code
  std::string refusal_;
  std::uint64_t starts_ = 0;
  TaskScope tasks_;
};

}  // namespace manta::simulate
