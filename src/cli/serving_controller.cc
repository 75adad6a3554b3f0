#include "cli/serving_controller.h"

#include <utility>

#include "cli/describe_artifact.h"
#include "cli/policy_host_process.h"

namespace manta::cli {
namespace {

PolicyHostOptions policy_host_options(const ServingController::Settings& settings) {
  return {.environment = settings.environment,
          .log_path = [paths = settings.paths](const std::string& name) { return paths.log(name); }};
}

control::Describe describer(Loop& loop, std::vector<std::string> environment) {
  return [&loop, base = std::move(environment)](control::ArtifactRef artifact, std::string args,
                                                std::map<std::string, std::string> variables) {
    return describe_artifact(loop, base, std::move(artifact), std::move(args), std::move(variables));
  };
}

control::ControllerParts parts(ControllerBase& base, runtime::Backend& backend,
                               const ServingController::Settings& settings) {
  return {
      .loop = base.loop,
      .logger = base.logger,
      .metrics = base.metrics,
      .backend = backend,
      .store = *base.store,
      .artifacts = base.artifacts,
      .describe = describer(base.loop, settings.environment),
      .start_policy_host =
          [&loop = base.loop, options = policy_host_options(settings)](const control::PolicyHostSpec& spec,
                                                                       std::function<void(std::string)> ended) {
            return start_policy_host(loop, options, spec, std::move(ended));
          },
      .link =
          [&base, security = settings.security](const std::string& address, control::ReplicaLink::OnState on_state) {
            return std::make_unique<control::ChannelLink>(base.loop, base.budget, address, std::move(on_state),
                                                          security);
          }};
}

// The admin port is open to strangers; the others are not.
net::ServerOptions server_options(control::Door door, const net::PeerSecurityPtr& security) {
  if (door == control::Door::Admin) return {};
  return {.internal = true,
          .check_peer_uid = true,
          .security = door == control::Door::Cluster ? security : net::PeerSecurityPtr()};
}

}  // namespace

ControllerBase::ControllerBase(std::unique_ptr<control::StateStore> opened, const runtime::InstancePaths& paths)
    : store(std::move(opened)), artifacts(paths.artifacts()) {}

ServingController::ServingController(ControllerBase& base, runtime::Backend& backend, Settings settings)
    : base_(base),
      latency_(base.loop, base.metrics, {{"component", "controller"}}),
      security_(settings.security),
      controller_(parts(base, backend, settings), std::move(settings.options)),
      admin_({.loop = base.loop,
              .logger = base.logger,
              .metrics = base.metrics,
              .controller = controller_,
              .shut_down_instance = std::move(settings.shut_down),
              .version = MANTA_PROJECT_VERSION}) {}

void ServingController::open(int listening_fd, control::Door door) {
  auto server = std::make_unique<net::Server>(
      base_.loop, server_options(door, security_), base_.budget,
      [this, door](net::ExchangePtr exchange) { admin_.handle(std::move(exchange), door); });
  server->on_disconnect([this, door](std::uint64_t connection) { admin_.disconnected(connection, door); });
  server->listen(listening_fd);
  servers_.push_back(std::move(server));
}

}  // namespace manta::cli
