#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <manta/detail/json.h>

#include "control/controller.h"
#include "runtime/fake/fake_backend.h"
#include "sim/sleep.h"
#include "unit/control/fake_policy_hosts.h"
#include "unit/control/fake_replicas.h"

namespace manta::control {

// A controller with a store on disk, fake processes and servers that stand in for replicas. What an import path builds
// is told by `build`; by default one deployment D whose fingerprint follows the arguments.
class ControllerTest : public testing::Test {
 protected:
  ControllerTest() {
    std::string name = "/tmp/manta-controller-XXXXXX";
    folder = ::mkdtemp(name.data());
    backend.address_of = [this](const runtime::ReplicaProcess& process) { return fakes.start(process); };
    build = [this](const std::string& args) {
      spec::ApplicationGraph graph{.name = "app", .ingress = "D"};
      graph.nodes.push_back({.name = "D", .class_name = "D", .fingerprint = args, .config = config});
      return graph;
    };
    begin();
  }
  ~ControllerTest() override {
    controller.reset();
    store.reset();
    std::filesystem::remove_all(folder);
  }

  // A controller dies (if there is one) and the next begins.
  void begin() {
    controller.reset();
    store.reset();
    store = std::move(*StateStore::open(folder + "/state.db"));
    controller = std::make_unique<Controller>(
        ControllerParts{.loop = loop,
                        .logger = logger,
                        .metrics = metrics,
                        .backend = backend,
                        .store = *store,
                        .artifacts = artifacts,
                        .describe = [this](ArtifactRef, std::string args,
                                           std::map<std::string, std::string>) { return describe(std::move(args)); },
                        .start_policy_host = policy_hosts.start()},
        ControllerOptions{.packing = packing, .seed = ++seed});
    controller->begin();
    loop.poll();
  }
  static spec::InstanceConfig config_of(std::string args) {
    spec::InstanceConfig config;
    config.applications.push_back({.name = "app", .import_path = "builtin:test", .args = std::move(args)});
    return config;
  }
  static Task<void> deploy_into(Controller& controller, spec::InstanceConfig config,
                                std::optional<Result<void>>& result) {
    result = co_await controller.deploy(std::move(config));
  }
  Result<void> deploy(int replicas, std::string args = "{}") {
    config.num_replicas = replicas;
    std::optional<Result<void>> result;
    TaskScope scope(loop);
    scope.spawn(deploy_into(*controller, config_of(std::move(args)), result));
    loop.poll();
    return *result;
  }
  void run(int replicas, const std::string& args = "{}") {
    ASSERT_TRUE(deploy(replicas, args));
    settle();
    ASSERT_EQ(status().status, "HEALTHY");
  }
  // Every replica runs as soon as it is asked, until nothing changes any more.
  void settle() {
    for (int round = 0; round < 20; ++round) {
      fakes.tell_all("RUNNING");
      loop.poll();
    }
  }
  void pass(Duration time) {
    clock.advance(time);
    loop.poll();
  }
  void kill(const std::string& id) {
    fakes.end(id);
    backend.kill(id, "last words");
    loop.poll();
  }
  // Fails the starts of version `args` until the deploy is given up.
  void fail_starts(const std::string& args, const std::string& message = "D: no model") {
    for (int attempt = 0; attempt < 12; ++attempt) {
      for (const std::string& id : running(args)) fakes.tell(id, {.state = "START_FAILED", .message = message});
      loop.poll();
      pass(std::chrono::seconds(1));
    }
  }
  // Ids of the processes that were started with these arguments.
  std::vector<std::string> running(const std::string& args) const {
    std::vector<std::string> ids;
    for (const auto& [id, process] : backend.running())
      if (spec_of(process).args == args) ids.push_back(id);
    return ids;
  }
  static ReplicaSpec spec_of(const runtime::ReplicaProcess& process) {
    return *detail::from_json<ReplicaSpec>(process.environment.at(kReplicaSpecVariable), UnknownKeys::Ignore);
  }
  std::string first() const { return backend.running().begin()->first; }
  spec::ApplicationStatus application_status() const { return controller->status().applications.at("app"); }
  spec::DeploymentStatus status(const std::string& name = "D") const {
    return application_status().deployments.at(name);
  }
  spec::RoutingSnapshot snapshot() const { return *controller->snapshots().latest(); }
  std::size_t routed() const { return snapshot().deployments.at(0)->replicas.size(); }

  std::string folder;
  VirtualClock clock;
  Loop loop{clock};
  Logger logger{{.component = "test", .level = LogLevel::Error, .async = false}};
  Metrics metrics;
  FakeReplicas fakes{loop};
  runtime::FakeBackend backend{loop};
  FakePolicyHosts policy_hosts{loop};
  ArtifactStore artifacts{folder + "/artifacts"};
  std::unique_ptr<StateStore> store;
  std::unique_ptr<Controller> controller;
  DeploymentConfig config{.name = "D"};
  std::function<spec::ApplicationGraph(const std::string& args)> build;
  Duration describing = Duration::zero();
  PackingOptions packing;
  std::uint64_t seed = 0;

 private:
  Task<Result<std::vector<spec::ApplicationGraph>>> describe(std::string args) {
    if (describing > Duration::zero()) co_await sim::Sleep(loop, describing);
    co_return std::vector{build(args)};
  }
};

}  // namespace manta::control
