#include "simulate/simulation.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/of_seconds.h"
#include "simulate/destinations.h"

namespace manta::simulate {
namespace {

constexpr Duration kLongestStart = std::chrono::hours(2);
constexpr Duration kLongestRest = std::chrono::hours(1);
constexpr Duration kLook = std::chrono::seconds(1);

NetworkOptions network_of(const FaultOptions& faults) {
  return {.late_share = faults.late_share, .lost_share = faults.lost_share};
}

std::map<control::DeploymentKey, std::vector<std::string>> children_of(const SimulationOptions& options) {
  std::map<control::DeploymentKey, std::vector<std::string>> children;
  for (const SimulatedApplication& application : options.applications)
    for (const spec::ApplicationGraph& graph : application.graphs)
      for (const spec::NodeSpec& node : graph.nodes)
        children[{application_name(application, graph), node.name}] = node.children;
  return children;
}

}  // namespace

Simulation::Simulation(SimulationOptions options)
    : options_(std::move(options)),
      logger_({.component = "simulate", .level = LogLevel::Critical, .async = false}),
      network_(loop_, network_of(options_.faults), options_.seed + 1),
      world_{.loop = loop_,
             .network = network_,
             .ledger = ledger_,
             .findings = findings_,
             .metrics = metrics_,
             .logger = logger_,
             .options = options_,
             .random = Random(options_.seed + 2),
             .children = children_of(options_)},
      cluster_(world_),
      plane_((world_.cluster = &cluster_, world_)),
      recorder_(world_, callers_),
      faults_(world_, options_.seed + 3),
      arrivals_(options_.arrivals),
      random_(options_.seed + 4),
      requests_(loop_) {}

// What refers to others first. Connections end from the loop.
Simulation::~Simulation() {
  requests_.cancel_all();
  plane_.end();
  cluster_.kill_all();
  callers_.clear();
  loop_.poll();
}

Result<Report> Simulation::run() {
  if (auto started = start(); !started) return std::unexpected(std::move(started.error()));
  recorder_.begin();
  faults_.begin();
  for (const double at_s : options_.updates_s) loop_.after(of_seconds(at_s), [this] { plane_.deploy_anew(); });
  if (options_.mistake == Mistake::NeverReady)
    loop_.after(of_seconds(options_.duration_s / 4), [this] { cluster_.set_never_ready(); });
  sending_ = true;
  send_next();
  record_next();
  run_until(begin_ + of_seconds(options_.duration_s), nullptr);
  sending_ = false;
  Report report = recorder_.report();
  come_to_rest();
  const Summary after = recorder_.report().summary;  // with the requests that were under way
  report.summary.requests = after.requests;
  report.summary.answered = after.answered;
  report.summary.failed = after.failed;
  report.summary.failures = after.failures;
  take_down();
  report.summary.findings = findings_.all();
  report.summary.ready_after_s = ready_after_s_;
  return report;
}

Result<void> Simulation::start() {
  if (auto known = check_names(options_); !known) return known;
  for (int i = 0; i < std::max(1, options_.callers); ++i)
    callers_.push_back(std::make_unique<Caller>(world_, fmt::format("proxy{}", i), ""));
  const TimePoint deployed_at = loop_.now();
  plane_.begin();
  plane_.deploy_anew();
  run_until(loop_.now() + kLongestStart, &Simulation::is_ready);
  if (!plane_.refusal().empty()) return fail(ErrorCode::InvalidArgument, plane_.refusal());
  if (!is_ready()) return fail(ErrorCode::Unavailable, why_not_ready());
  begin_ = loop_.now();
  ready_after_s_ = std::chrono::duration<double>(begin_ - deployed_at).count();
  return {};
}

// Runs what is due until then, or until `reached` at one of its looks, one each second. True: it was reached.
bool Simulation::run_until(TimePoint end, bool (Simulation::*reached)() const) {
  TimePoint look = loop_.now();
  for (;;) {
    loop_.poll();
    if (reached != nullptr && loop_.now() >= look) {
      if ((this->*reached)()) return true;
      look = loop_.now() + kLook;
    }
    if (loop_.now() >= end) return false;
    TimePoint next = std::min(loop_.next_deadline().value_or(end), end);
    if (reached != nullptr) next = std::min(next, look);
    clock_.advance_to(next);
  }
}

bool Simulation::is_ready() const {
  const control::Controller* controller = plane_.controller();
  if (controller == nullptr || !controller->adopted() || plane_.deploys()) return false;
  const spec::InstanceStatus status = controller->status();
  if (status.applications.empty()) return !plane_.refusal().empty();
  return std::ranges::all_of(status.applications, [](const auto& entry) { return entry.second.status == "RUNNING"; });
}

std::string Simulation::why_not_ready() const {
  const control::Controller* controller = plane_.controller();
  if (controller == nullptr) return "the controller is away";
  for (const auto& [name, application] : controller->status().applications)
    for (const auto& [deployment_name, deployment] : application.deployments)
      if (deployment.status != "HEALTHY")
        return fmt::format("{}#{} is {}: {}", name, deployment_name, deployment.status, deployment.message);
  return "no application has been deployed";
}

void Simulation::come_to_rest() {
  faults_.stop();
  if (run_until(loop_.now() + kLongestRest, &Simulation::is_at_rest)) return;
  findings_.add("an hour after the last fault: " + unrest());
  ledger_.check_closed();
}

bool Simulation::is_at_rest() const { return unrest().empty(); }

// What is not as it should be once nothing goes wrong any more; empty: all is.
std::string Simulation::unrest() const {
  if (!is_ready()) return why_not_ready();
  if (ledger_.open() > 0) return fmt::format("{} calls have not ended", ledger_.open());
  std::map<control::DeploymentKey, std::size_t> running;
  for (const auto& [id, replica] : cluster_.replicas()) {
    if (replica->phase() != SimulatedReplica::Phase::Running) return id + " neither runs nor ends";
    if (replica->ongoing() > 0) return fmt::format("{} has {} requests", id, replica->ongoing());
    ++running[{replica->spec().application, replica->spec().deployment}];
  }
  for (const auto& [name, application] : plane_.controller()->applications())
    for (const auto& [deployment_name, deployment] : application.deployments)
      if (const auto wanted = static_cast<std::size_t>(deployment.target.num_replicas);
          running[deployment.target.key] != wanted)
        return fmt::format("{} runs {} replicas of {} wanted", deployment_name, running[deployment.target.key], wanted);
  for (const auto& caller : callers_)
    if (std::string left = caller->unsettled(running); !left.empty()) return left;
  for (const auto& [id, replica] : cluster_.replicas())
    if (replica->caller() != nullptr)
      if (std::string left = replica->caller()->unsettled(running); !left.empty()) return left;
  return {};
}

void Simulation::take_down() {
  control::Controller* controller = plane_.controller();
  if (controller == nullptr) return findings_.add("the controller never came back");
  if (const auto deleted = controller->delete_all(); !deleted) findings_.add(deleted.error().message);
  if (run_until(loop_.now() + kLongestRest, &Simulation::is_empty)) return;
  findings_.add(fmt::format("{} processes are left after everything was deleted", cluster_.replicas().size()));
}

bool Simulation::is_empty() const {
  return cluster_.replicas().empty() && plane_.controller() != nullptr && plane_.controller()->replicas().empty();
}

}  // namespace manta::simulate
