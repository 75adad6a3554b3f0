#include "cli/cluster/setup.h"

#include <filesystem>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>
#include <boost/describe/class.hpp>

#include <manta/detail/json.h>

#include "cli/cluster/token.h"
#include "cli/port_choice.h"
#include "net/address.h"
#include "net/peer_security.h"
#include "runtime/ray/bridge_messages.h"
#include "runtime/ray/ray_roles.h"

namespace manta::cli {
namespace {

constexpr int kDefaultClusterPort = 8267;
constexpr int kDefaultScrapePort = 8080;

// python/manta_ray/controller_protocol.py says what these mean. The fields of the question stand before them.
struct StartDocument {
  std::vector<std::string> argv;
  std::map<std::string, std::string> environment;
  runtime::RoleBackoff backoff;
  std::string log_dir;
};
BOOST_DESCRIBE_STRUCT(StartDocument, (), (argv, environment, backoff, log_dir))

std::string quoted(const std::string& text) { return detail::to_json(text).value_or("\"\""); }

std::string question_fields(const ClusterArguments& cluster, const std::string& ray_address) {
  return fmt::format(R"("address":{},"namespace":{},"protocol":{},"manta":{})", quoted(ray_address),
                     quoted(cluster.ray_namespace), runtime::kBridgeProtocol, quoted(MANTA_PROJECT_VERSION));
}

// Whether somebody listens there is found out by listening; the controller does so itself, again and again.
Result<std::string> choose_port(const PortChoice& choice, std::vector<std::string>& notices) {
  auto open = open_port(choice);
  if (!open) return std::unexpected(std::move(open.error()));
  ::close(open->fd);
  if (!open->notice.empty()) notices.push_back(std::move(open->notice));
  return std::move(open->address);
}

Result<void> check_certificates(const ClusterArguments& cluster, const std::string& token) {
  auto made = net::PeerSecurity::make({.token = token,
                                       .certificate_file = cluster.certificate,
                                       .key_file = cluster.key,
                                       .authority_file = cluster.authority});
  if (!made)
    return fail(ErrorCode::InvalidArgument, "--cluster-cert, --cluster-key, --cluster-ca: " + made.error().message);
  return {};
}

// The rest of the environment is that of Ray's workers on the head.
std::map<std::string, std::string> controller_environment(const ClusterArguments& cluster, const std::string& token,
                                                          const Environment& environment) {
  std::map<std::string, std::string> values;
  for (const auto& [name, value] : environment.map())
    if (name.starts_with("MANTA_") || name.starts_with("RAY_SERVE_") || name == "HOME" || name == "USER" ||
        name == "PATH")
      values[name] = value;
  // Decides where the sockets are, here and there.
  values["XDG_RUNTIME_DIR"] = environment.get("XDG_RUNTIME_DIR").value_or("");
  values["MANTA_CLUSTER_TOKEN"] = token;
  if (cluster.certificate.empty()) return values;
  values["MANTA_CLUSTER_CERT"] = cluster.certificate;
  values["MANTA_CLUSTER_KEY"] = cluster.key;
  values["MANTA_CLUSTER_CA"] = cluster.authority;
  return values;
}

struct Ports {
  std::string admin, cluster, metrics;
  int http = 0;
  std::vector<std::string> notices;
};

// Empty: there is to be none.
Result<std::string> choose_scrape_port(const InstanceOptions& options, std::vector<std::string>& notices) {
  if (options.config.proxy_location == "Disabled" || options.metrics_port == 0) return std::string();
  return choose_port({.host = options.config.http_options.host,
                      .port = options.metrics_port.value_or(kDefaultScrapePort),
                      .is_default = !options.metrics_port,
                      .option = "--metrics-port",
                      .purpose = "the port of /metrics"},
                     notices);
}

Result<Ports> choose_ports(const ClusterArguments& cluster, const std::string& cluster_host,
                           const InstanceOptions& options) {
  Ports ports;
  const spec::HttpOptions& http = options.config.http_options;
  ports.http = http.port;
  if (options.config.proxy_location != "Disabled") {
    const auto door = choose_port({.host = http.host,
                                   .port = http.port,
                                   .is_default = !options.http_port_is_given,
                                   .option = "--http-port",
                                   .purpose = "the HTTP port"},
                                  ports.notices);
    if (!door) return std::unexpected(door.error());
    ports.http = std::stoi(door->substr(door->rfind(':') + 1));
  }
  auto scrapes = choose_scrape_port(options, ports.notices);
  if (!scrapes) return std::unexpected(std::move(scrapes.error()));
  ports.metrics = std::move(*scrapes);
  auto admin = choose_port(admin_port_choice(options.admin_port), ports.notices);
  if (!admin) return std::unexpected(std::move(admin.error()));
  ports.admin = std::move(*admin);
  auto chosen = choose_port({.host = cluster_host,
                             .port = cluster.port.value_or(kDefaultClusterPort),
                             .is_default = !cluster.port,
                             .option = "--cluster-port",
                             .purpose = "the cluster port"},
                            ports.notices);
  if (!chosen) return std::unexpected(std::move(chosen.error()));
  ports.cluster = std::move(*chosen);
  return ports;
}

}  // namespace

Result<std::string> own_address_towards(const std::string& address) {
  const auto fd = net::connect_to({address});
  if (!fd) return std::unexpected(fd.error());
  const auto local = net::local_address(*fd);
  ::close(*fd);
  if (!local) return std::unexpected(local.error());
  return local->text.substr(0, local->text.rfind(':'));
}

std::string controller_question(const ClusterArguments& cluster, const std::string& ray_address) {
  return "{" + question_fields(cluster, ray_address) + "}";
}

Result<ClusterSetup> set_up_cluster(const ClusterArguments& cluster, const std::string& ray_address,
                                    const InstanceOptions& options, const runtime::InstancePaths& paths,
                                    const Environment& environment) {
  const auto token = cluster_token(paths);
  if (!token) return std::unexpected(token.error());
  if (auto checked = check_certificates(cluster, *token); !checked) return std::unexpected(checked.error());
  const auto host = cluster.host.empty() ? own_address_towards(ray_address) : Result<std::string>(cluster.host);
  if (!host) return std::unexpected(host.error());
  auto ports = choose_ports(cluster, *host, options);
  if (!ports) return std::unexpected(std::move(ports.error()));
  if (host->starts_with("127."))
    ports->notices.push_back("other machines cannot reach the controller at " + *host +
                             "; --cluster-host names an address that they can");
  spec::HttpOptions http = options.config.http_options;
  http.port = ports->http;
  std::error_code ignored;
  const std::string binary = std::filesystem::read_symlink("/proc/self/exe", ignored).string();
  StartDocument start{.argv = {binary, "controller", "--backend", "ray", "--state-dir", paths.state, "--ray-address",
                               ray_address, "--ray-namespace", cluster.ray_namespace, "--admin-address", ports->admin,
                               "--cluster-address", ports->cluster, "--http-options",
                               detail::to_json(http).value_or("{}"), "--proxy-location", options.config.proxy_location},
                      .environment = controller_environment(cluster, *token, environment),
                      .backoff = {},
                      .log_dir = paths.state + "/logs"};
  if (!ports->metrics.empty()) start.argv.insert(start.argv.end(), {"--metrics-address", ports->metrics});
  if (cluster.share_supervisors) start.argv.push_back("--share-supervisors");
  const std::string fields = detail::to_json(start).value_or("{}").substr(1);
  return ClusterSetup{.document = "{" + question_fields(cluster, ray_address) + "," + fields,
                      .notices = std::move(ports->notices)};
}

}  // namespace manta::cli
