#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ingress/hosted_deployment.h"
#include "unit/ingress/proxy_fixture.h"

namespace manta::ingress {

// What became of the deployments that a proxy under test has started.
struct FakeHost {
  using State = HostedDeployment::State;

  spec::ReplicaSet set;
  State state = State::Starting;
  std::string message;
  std::function<void()> on_change;
  std::vector<net::ExchangePtr> requests;
  std::shared_ptr<RequestContext> context;  // of the last one
  std::move_only_function<void()> drained;  // set: it drains
  int updates = 0;
  bool destroyed = false;

  void enter(State next, std::string why = {}) {
    state = next;
    message = std::move(why);
    on_change();
  }
};

class FakeHosted final : public HostedDeployment {
 public:
  explicit FakeHosted(FakeHost& host) : host_(host) {}
  ~FakeHosted() override {
    host_.destroyed = true;
    host_.requests.clear();
  }
  State state() const override { return host_.state; }
  std::string message() const override { return host_.message; }
  void update(const std::shared_ptr<const spec::RoutingSnapshot>&) override { ++host_.updates; }
  void handle(net::ExchangePtr exchange, std::shared_ptr<RequestContext> context) override {
    host_.requests.push_back(std::move(exchange));
    host_.context = std::move(context);
  }
  void drain(std::move_only_function<void()> done) override { host_.drained = std::move(done); }

 private:
  FakeHost& host_;
};

// A proxy with /rag/query and the raw GET /rag/items/{id} in its own process.
class HostingTest : public ProxyTest {
 protected:
  HostingTest() {
    host = [this](const spec::ReplicaSet& set, std::function<void()> on_change) -> std::unique_ptr<HostedDeployment> {
      hosts.push_back(std::make_unique<FakeHost>());
      hosts.back()->set = set;
      hosts.back()->on_change = std::move(on_change);
      return std::make_unique<FakeHosted>(*hosts.back());
    };
    define("one");
  }
  ~HostingTest() override {
    server_.reset();
    proxy_.reset();
  }

  spec::RoutingSnapshot hosted_snapshot(const std::string& version) {
    spec::RoutingSnapshot snapshot = standard_snapshot();
    snapshot.stamp.version = ++stamp_;
    spec::ReplicaSet& set = snapshot.deployments[0].edit();
    set.replicas.clear();
    set.hosted =
        spec::HostedDefinition{.builtin = "openai", .args = "{}", .version = version, .fingerprint = {}, .config = {}};
    return snapshot;
  }
  void define(const std::string& version) { publish(hosted_snapshot(version)); }
  void run(std::size_t index = 0) {
    hosts.at(index)->enter(FakeHost::State::Running);
    loop_.poll();
  }
  // The request that the deployment has got last.
  net::ExchangePtr& taken(std::size_t index = 0) { return hosts.at(index)->requests.back(); }

  static std::string post(std::string_view body, std::string_view headers = "") {
    return "POST /rag/query HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n" + std::string(headers) +
           "content-length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }

  std::vector<std::unique_ptr<FakeHost>> hosts;  // in the order of their starts

 private:
  std::uint64_t stamp_ = 1;
};

}  // namespace manta::ingress
