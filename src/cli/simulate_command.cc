#include "cli/simulate_command.h"

#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include <manta/detail/json.h>

#include "base/read_file.h"
#include "cli/described_target.h"
#include "cli/packing_options.h"
#include "cli/terminal.h"
#include "simulate/price.h"
#include "simulate/report_text.h"
#include "simulate/simulation.h"

namespace manta::cli {
namespace {

constexpr double kPatternDuration_s = 600;

int cannot_simulate(const Error& error) {
  print_error_line("error: " + error.message);
  return 1;
}

// Where no code says which deployment answers requests, the last one of the file does: callers come behind what they
// call.
Result<spec::ApplicationGraph> simulated_graph(const spec::ApplicationConfig& application) {
  auto graph = graph_of_file(application);
  if (!graph) return graph;
  if (graph->nodes.empty())
    return fail(ErrorCode::InvalidArgument,
                fmt::format("the file names no deployment of '{}' that could be simulated", application.name));
  for (spec::NodeSpec& node : graph->nodes) {
    node.class_name = node.fingerprint = node.name;
    node.methods = {{.name = "call"}};
  }
  graph->ingress = graph->nodes.back().name;
  return graph;
}

Result<std::vector<simulate::SimulatedApplication>> applications_of(const spec::InstanceConfig& config,
                                                                    const Environment& environment) {
  std::vector<simulate::SimulatedApplication> all;
  for (const spec::ApplicationConfig& application : config.applications) {
    auto graphs = graphs_of(application, environment);
    if (!graphs) {
      print_error_line(fmt::format("warning: {}; simulated is what the file says of '{}'", graphs.error().message,
                                   application.name));
      auto graph = simulated_graph(application);
      if (!graph) return std::unexpected(std::move(graph.error()));
      graphs = std::vector{*std::move(graph)};
    }
    all.push_back({.config = application, .graphs = *std::move(graphs)});
  }
  if (all.empty()) return fail(ErrorCode::InvalidArgument, "the configuration has no application");
  return all;
}

Result<std::vector<runtime::NodeInfo>> nodes_for(const std::string& text) {
  if (text.empty())
    return std::vector<runtime::NodeInfo>{
        {.node_id = "node", .total = {.num_cpus = 100'000, .num_gpus = 1'000, .memory = 1e15}, .is_head = true}};
  auto views = nodes_of(text);
  if (!views) return std::unexpected(std::move(views.error()));
  std::vector<runtime::NodeInfo> nodes;
  for (const control::NodeView& view : *views)
    nodes.push_back({.node_id = view.node_id,
                     .total = view.total,
                     .labels = view.labels,
                     .accelerator_type = view.accelerator_type,
                     .is_head = view.is_head});
  return nodes;
}

Result<simulate::Arrivals> arrivals_of(const std::string& trace) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(trace, ignored)) {
    auto pattern = simulate::Arrivals::of_pattern(trace);
    if (!pattern && trace.find(':') == std::string::npos)
      return fail(ErrorCode::NotFound, fmt::format("there is no file '{}', and it is no pattern", trace));
    return pattern;
  }
  const auto text = read_file(trace);
  if (!text) return std::unexpected(text.error());
  return simulate::Arrivals::of_csv(*text, trace);
}

// Reads options one after the other; the first error stays.
class Reader {
 public:
  template <class T>
  void take(const char* option, Result<T> value, T& into) {
    if (value)
      into = std::move(*value);
    else if (ok())
      error_ = {.code = value.error().code, .message = option + (": " + value.error().message)};
  }
  void seconds(const char* option, const std::string& text, double& into) {
    if (!text.empty()) take(option, simulate::parse_seconds(text), into);
  }
  void times(const char* option, const std::vector<std::string>& texts, simulate::ServiceTimes& into) {
    for (const std::string& text : texts)
      if (auto added = into.add(text); !added && ok())
        error_ = {.code = added.error().code, .message = option + (": " + added.error().message)};
  }
  bool ok() const { return error_.message.empty(); }
  const Error& error() const { return error_; }

 private:
  Error error_;
};

Result<simulate::SimulationOptions> simulation_options(const SimulateRequest& request) {
  simulate::SimulationOptions options;
  Reader reader;
  reader.take("--trace", arrivals_of(request.trace), options.arrivals);
  options.duration_s = options.arrivals.ends_at_s().value_or(kPatternDuration_s);
  reader.seconds("--duration", request.duration, options.duration_s);
  reader.seconds("--step", request.step, options.step_s);
  reader.seconds("--timeout", request.timeout, options.timeout_s);
  reader.take("--nodes", nodes_for(request.nodes), options.nodes);
  reader.take("--faults", simulate::parse_faults(request.faults), options.faults);
  reader.times("--service", request.services, options.services);
  reader.times("--start-time", request.start_times, options.start_times);
  for (const std::string& at : request.updates) reader.seconds("--update-at", at, options.updates_s.emplace_back());
  options.callers = request.callers;
  options.idempotent_share = request.idempotent_share;
  options.seed = request.seed;
  if (!reader.ok()) return std::unexpected(reader.error());
  return options;
}

std::string without_last_newline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

int simulate_command(const SimulateRequest& request, const Environment& environment) {
  auto options = simulation_options(request);
  if (!options) return cannot_simulate(options.error());
  simulate::Price price;
  if (!request.price.empty()) {
    auto parsed = simulate::parse_price(request.price);
    if (!parsed) return cannot_simulate({.message = "--price: " + parsed.error().message});
    price = *parsed;
  }
  spec::ConfigPlaces places;
  auto config = config_to_describe(request.target, environment, places);
  if (!config) return cannot_simulate(config.error());
  auto applications = applications_of(*config, environment);
  if (!applications) return cannot_simulate(places.located(applications.error()));
  options->applications = *std::move(applications);
  options->packing = packing_options(environment);
  options->packing.packs_nodes = options->packing.packs_nodes || request.pack;
  auto report = simulate::Simulation(*std::move(options)).run();
  if (!report) return cannot_simulate(places.located(report.error()));
  price.apply(*report);
  print_line(request.json ? detail::to_json(*report).value_or("{}")
                          : without_last_newline(simulate::report_text(*report)));
  if (report->summary.findings.empty()) return 0;
  print_error_line(fmt::format("error: an invariant did not hold; the same run again: --seed {}", request.seed));
  return 1;
}

}  // namespace manta::cli
