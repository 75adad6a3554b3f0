#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <manta/detail/node.h>

#include "api/replica_scope.h"
#include "replica/servable.h"

namespace manta::api {

// A user's object behind the method table of its class.
class DeploymentServable final : public replica::Servable {
 public:
  // Constructs the object: on a compute thread, with `scope` (which outlives this) as the current replica. Exceptions
  // pass through.
  DeploymentServable(std::shared_ptr<const detail::Node> node, detail::HandleSource& handles, const ReplicaScope& scope,
                     std::string configuration_hash);

  const std::vector<spec::MethodSpec>& methods() const override { return methods_; }
  bool is_coroutine(std::string_view method) const override;
  Task<Result<replica::Reply>> call(replica::Invocation& invocation) override;
  Result<replica::Reply> call_blocking(replica::Invocation& invocation) override;
  Result<void> check_health() override;
  Result<void> reconfigure(const std::string& user_config_json) override;
  Result<void> check_batching(const BatchingConfigs& configs) const override;
  void configure_batching(const BatchingConfigs& configs) override;
  int batch_concurrency() const override { return scope_.batchers->concurrency(); }
  std::map<std::string, std::uint64_t> closed_batches() const override { return scope_.batchers->closed_batches(); }
  void begin_stop() override { scope_.batchers->begin_stop(); }
  replica::MethodTerms terms(const spec::MethodSpec& method) const override;
  Task<Result<void>> on_start() override { return run_member(node_->table->on_start); }
  Task<Result<void>> on_stop() override { return run_member(node_->table->on_stop); }
  bool records(replica::StatsKind kind) const override { return static_cast<bool>(recorder(kind)); }
  Task<Result<detail::Stats>> record_stats(replica::StatsKind kind) override;

 private:
  const detail::OptionalMember<detail::Stats>& recorder(replica::StatsKind kind) const;
  Task<Result<void>> run_member(detail::OptionalMember<void> member);
  void claim_request() const;
  const detail::MethodEntry* find(const spec::MethodSpec& method) const;
  Result<replica::Reply> where_am_i(replica::Format format) const;

  std::shared_ptr<const detail::Node> node_;
  const ReplicaScope& scope_;
  std::string configuration_hash_;
  std::vector<spec::MethodSpec> methods_;
  double load_time_s_ = 0;
  std::shared_ptr<void> object_;
  std::array<std::shared_ptr<std::atomic<bool>>, 2> recording_;  // by kind: a thread is in the function
};

}  // namespace manta::api
