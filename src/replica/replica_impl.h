#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/task_scope.h"
#include "net/server.h"
#include "replica/active_call.h"
#include "replica/call_board.h"
#include "replica/control_streams.h"
#include "replica/direct_callers.h"
#include "replica/replica_server.h"
#include "replica/response_cache_front.h"
#include "replica/self_report.h"
#include "spec/settings.h"

namespace manta::replica {

// The body of ReplicaServer: requests and control streams in replica_server.cc, states and the end in replica_life.cc.
struct ReplicaServer::Impl {
  Impl(Loop& on, Compute& pool, Metrics& registry, Logger& log, net::ReceiveBudget& budget, ReplicaOptions with,
       MakeServable make);
  ~Impl();

  void handle(net::ExchangePtr exchange);
  void handle_control(net::ExchangePtr exchange);
  // `context` null: by the headers.
  void handle_call(net::ExchangePtr exchange, std::shared_ptr<RequestContext> context = nullptr);
  void complete(RequestContext& context) const;  // with what counts where the caller has said nothing
  void open_slots(const net::ExchangePtr& exchange);
  void open_state(const net::ExchangePtr& exchange);
  Task<void> answer_health(net::ExchangePtr exchange);
  Task<void> answer_aside(net::ExchangePtr exchange, const spec::MethodSpec* method,
                          std::shared_ptr<Servable> servable);
  Task<void> take_settings(net::ExchangePtr exchange);
  void configure_logs();
  void refuse(net::Exchange& exchange, std::string_view why, const Error& error);
  void places_changed();
  void fit_places();
  Result<void> check_batching(const spec::RunningSettings& settings) const;
  void take_batching(const spec::RunningSettings& settings);
  bool answers_without_place(const ResponseCacheFront::Query& query, const net::ExchangePtr& exchange);
  void disconnected(std::uint64_t connection);
  void tell(ConnectionId caller, const spec::SlotNotice& notice);
  void tell_all(const spec::SlotNotice& notice);

  ConnectionId attach(DirectEvents events);
  void detach(ConnectionId caller);
  void call(DirectCall& call);
  void refuse(DirectCall& call, std::string_view why, Error error);
  void answer_aside(DirectCall& call, std::shared_ptr<Servable> servable);
  Task<void> answer_aside(std::shared_ptr<DirectCall*> to, Invocation invocation, std::shared_ptr<Servable> servable);

  spec::ReplicaState state() const;
  void phase_changed();
  void report();
  void report_load_later();
  void drain(std::move_only_function<void(bool)> done);
  void give_up_draining();
  void drained();
  void close_server(bool clean);

  Loop& loop;
  Compute& compute;
  Metrics& metrics;
  Logger& logger;
  ReplicaOptions options;  // a running replica may be given other limits and another user_config
  CallBoard board;
  ResponseCacheFront shared_answers;
  ReplicaHost host;
  SelfReport self_report;
  ControlStreams slots, states;
  DirectCallers direct_callers;
  std::map<std::string, Impl*, std::less<>> members;  // replicas that share this one's socket, by their names there
  TaskScope scope;                                    // health checks, new settings
  std::function<void(const spec::ReplicaState&)> on_state;
  std::move_only_function<void(bool)> on_drained;
  spec::ReplicaState reported;
  TimerId lapse_timer = 0, report_timer = 0, drain_timer = 0;
  TimePoint reported_at{};
  int warned_of_batches = 0;
  bool draining = false;
  bool stopping_host = false;
  bool closing = false;  // in the destructor
  net::Server server;    // last: closes first, while all it calls still exists
};

}  // namespace manta::replica
