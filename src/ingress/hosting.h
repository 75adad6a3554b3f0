#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/loop.h"
#include "ingress/hosted_deployment.h"
#include "ingress/hosted_exchange.h"
#include "ingress/retired_hosts.h"
#include "spec/replica_set.h"

namespace manta::ingress {

// One deployment that a proxy runs itself, on one of its loops. A new definition is started beside the object that
// serves, and takes over when it runs; the old one finishes its requests. Requests wait for the first object. One that
// cannot start is tried again; what serves goes on serving meanwhile. Loop-confined; `retired` and what `start` makes
// objects on outlive it.
class Hosting {
 public:
  static constexpr std::size_t kMostWaiting = 1024;
  static constexpr Duration kLongestWait = std::chrono::seconds(30);
  static constexpr Duration kFirstRetry = std::chrono::seconds(1);  // doubles
  static constexpr Duration kLastRetry = std::chrono::seconds(30);

  Hosting(Loop& loop, StartHosted start, RetiredHosts& retired);
  ~Hosting();
  Hosting(const Hosting&) = delete;
  Hosting& operator=(const Hosting&) = delete;

  // `set` is of `snapshot` and has a definition.
  void update(const spec::ReplicaSet& set, const std::shared_ptr<const spec::RoutingSnapshot>& snapshot);
  void send(std::shared_ptr<HostedExchange> request);
  // The deployment is not run here any more.
  void retire();

 private:
  struct Waiting {
    std::shared_ptr<HostedExchange> request;
    TimePoint until;
  };

  void begin();
  void state_changed();
  void serve();
  void start_failed(const std::string& message);
  void wait(std::shared_ptr<HostedExchange> request);
  void arm_timer();
  void give_up_late();
  void fail_waiting(const Error& error);
  Error not_startable() const;
  std::string who() const { return wanted_.application + "/" + wanted_.deployment; }

  Loop& loop_;
  const StartHosted start_;
  RetiredHosts& retired_;
  std::shared_ptr<const spec::RoutingSnapshot> snapshot_;
  spec::ReplicaSet wanted_;
  std::optional<spec::HostedDefinition> served_;      // what current_ is
  std::unique_ptr<HostedDeployment> current_, next_;  // the second is starting
  std::string failure_;                               // of the last start; empty: it has not failed
  Duration retry_pause_ = kFirstRetry;
  TimerId retry_timer_ = 0, wait_timer_ = 0;
  std::vector<Waiting> waiting_;
  std::shared_ptr<const void> alive_ = std::make_shared<char>();
};

}  // namespace manta::ingress
