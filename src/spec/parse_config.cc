#include "spec/parse_config.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "spec/autoscaling_section.h"
#include "spec/config_section.h"
#include "spec/deployment_section.h"
#include "spec/logging_section.h"
#include "spec/serve_config_v2.h"
#include "spec/traffic_section.h"
#include "spec/validate.h"

namespace manta::spec {
namespace {

void read_http_options(Section options, HttpOptions& http) {
  options.read_members(http);
  for (const char* key : {"ssl_keyfile", "ssl_certfile", "ssl_keyfile_password", "ssl_ca_certs"})
    if (options.take(key)) options.refuse(key, "TLS is not served yet; put a TLS proxy in front and remove this key");
  options.ignore({"location", "num_cpus", "middlewares", "root_url"}, "only Ray's Python proxy has it");
  options.refuse_rest();
}

void read_runtime_env(Section runtime_env, ApplicationConfig& application) {
  runtime_env.read("env_vars", application.env_vars);
  runtime_env.ignore({"pip", "uv", "conda", "working_dir", "py_modules", "py_executable", "image_uri", "container",
                      "config", "excludes", "nsight", "worker_process_setup_hook"},
                     "native applications bring what they need; only env_vars is acted on");
  runtime_env.refuse_rest();
}

ApplicationConfig read_application(Section section) {
  ApplicationConfig application;
  section.read("name", application.name);
  section.read("route_prefix", application.route_prefix);
  section.read("import_path", application.import_path);
  std::map<std::string, Json> args;  // any mapping
  if (section.read("args", args)) application.args = detail::to_json(args).value_or("{}");
  read_runtime_env(section.section("runtime_env"), application);
  for (Section& deployment : section.sections("deployments"))
    application.deployments.push_back(read_deployment(deployment));
  section.ignore({"host", "port"}, "http_options of the file decides");
  section.read("external_scaler_enabled", application.external_scaler_enabled);
  section.read("placement", application.placement);
  section.read("together", application.together);
  application.traffic = read_traffic(section);
  application.autoscaling_policy = read_application_policy(section);
  application.logging_config = read_logging(section);
  section.read("places", application.places);  // as the command line sends them
  section.refuse_rest();
  return application;
}

InstanceConfig read_instance(Section section) {
  InstanceConfig config;
  if (section.read("proxy_location", config.proxy_location) && config.proxy_location == "NoServer")
    config.proxy_location = "Disabled";
  read_http_options(section.section("http_options"), config.http_options);
  for (Section& application : section.sections("applications"))
    config.applications.push_back(read_application(application));
  section.read("target_capacity", config.target_capacity);
  config.logging_config = read_logging(section);
  section.ignore({"grpc_options", "controller_options", "tracing_config"}, "not acted on yet");
  section.refuse_rest();
  return config;
}

Place place_of(const Finding& finding, const YamlDocument& document) {
  if (finding.place.line > 0) return finding.place;
  const auto key = document.keys.find(finding.path);
  return finding.message.starts_with("unknown key") && key != document.keys.end() ? key->second
                                                                                  : document.place_of(finding.path);
}

// "app.yaml:12:5: applications[0].name: what"; the path is left out where the message names the key.
std::string line_of(const Finding& finding, const std::string& file_name) {
  std::string line = file_name;
  if (finding.place.line > 0)
    line.append(":" + std::to_string(finding.place.line) + ":" + std::to_string(finding.place.column));
  line.append(": ");
  const bool names_its_key = finding.message.starts_with("unknown key") || finding.path.size() <= 2;
  if (!names_its_key) line.append(finding.path, finding.path.starts_with("$.") ? 2 : 1).append(": ");
  return line.append(finding.message);
}

std::vector<std::string> lines_of(std::vector<Finding> findings, const YamlDocument& document,
                                  const std::string& file_name) {
  for (Finding& finding : findings) finding.place = place_of(finding, document);
  std::ranges::stable_sort(findings, {}, [](const Finding& f) { return std::pair(f.place.line, f.place.column); });
  std::vector<std::string> lines;
  for (const Finding& finding : findings) {
    std::string line = line_of(finding, file_name);
    if (lines.empty() || lines.back() != line) lines.push_back(std::move(line));
  }
  return lines;
}

std::unexpected<Error> all_errors(const std::vector<Finding>& findings, const YamlDocument& document,
                                  const std::string& file_name) {
  constexpr std::size_t kMost = 20;
  const std::vector<std::string> lines = lines_of(findings, document, file_name);
  std::string message;
  for (std::size_t i = 0; i < std::min(lines.size(), kMost); ++i) message.append(i == 0 ? "" : "\n").append(lines[i]);
  if (lines.size() > kMost) message.append("\n" + std::to_string(lines.size() - kMost) + " more");
  return fail(ErrorCode::InvalidArgument, std::move(message), file_name);
}

}  // namespace

Error ConfigPlaces::located(Error error) const {
  if (file_name.empty() || !error.detail.starts_with('$') || error.message.starts_with(file_name)) return error;
  std::string prefix = file_name;
  if (const Place place = document.place_of(error.detail); place.line > 0)
    prefix.append(":" + std::to_string(place.line) + ":" + std::to_string(place.column));
  error.message.insert(0, prefix + ": ");
  return error;
}

Result<InstanceConfig> parse_config(std::string_view yaml, const std::string& file_name,
                                    const EnvironmentLookup& lookup, std::vector<std::string>* warnings,
                                    ConfigPlaces* places) {
  Report report;
  YamlDocument document = read_serve_yaml(yaml, lookup, report.errors);
  if (!report.errors.empty()) return all_errors(report.errors, document, file_name);
  InstanceConfig config = read_instance(Section(report, "$", document.json));
  for (const Fault& fault : faults(config)) report.errors.push_back({"$." + fault.field, fault.message, {}});
  if (!report.errors.empty()) return all_errors(report.errors, document, file_name);
  if (warnings) *warnings = lines_of(report.warnings, document, file_name);
  if (places) *places = {.file_name = file_name, .document = std::move(document)};
  return config;
}

}  // namespace manta::spec
