#include <manta/client.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "api/deployment_names.h"
#include "api/handle_callers.h"
#include "api/instance_address.h"
#include "base/metrics.h"
#include "routing/load_reporter.h"
#include "routing/subscription.h"

namespace manta {

// The loop and all that lives on it belong to `thread`; callers reach it through the strand.
struct Client::Impl {
  Impl(const ClientOptions& given, api::InstanceAddress found)
      : options(given),
        instance(std::move(found)),
        logger({.component = "client", .level = LogLevel::Error, .async = false}),
        thread([this] { run(); }) {}

  ~Impl() {
    loop.post([this] { loop.stop(); });  // posted: run() may not have begun
    thread.join();
  }

  void run() {
    strand = std::make_shared<api::Strand>(loop);
    dispatchers.emplace(
        routing::RouterEnvironment{
            .loop = loop,
            .metrics = metrics,
            .logger = logger,
            .connect = [this](const spec::ReplicaAddress& to) { return connect(to.address, instance.security); },
            .seed = std::random_device{}(),
            .handle = "client"},
        counts);
    names.emplace(loop);
    callers.emplace(strand, *dispatchers, *names, api::HandleOwner{});
    routing::LoadReporter load_reporter(loop, logger, counts, [this] { return connect(instance.admin, nullptr); });
    routing::Subscription subscription(loop, metrics, logger, [this] { return connect(instance.admin, nullptr); });
    subscription.on_snapshot([this, &load_reporter](const spec::RoutingSnapshot& snapshot) {
      dispatchers->update(snapshot);
      load_reporter.update(snapshot);
      remember(snapshot);
    });
    subscription.start();
    loop.run();
    strand->close();
    dispatchers.reset();
  }

  std::unique_ptr<net::Channel> connect(const std::string& address, net::PeerSecurityPtr security) {
    auto parsed = net::Address::parse(address);
    if (!parsed) return nullptr;
    return std::make_unique<net::Channel>(loop, std::move(*parsed),
                                          net::ChannelOptions{.security = std::move(security)}, budget);
  }

  void remember(const spec::RoutingSnapshot& snapshot) {
    {
      const std::lock_guard lock(mutex);
      known = api::names_of(snapshot);
      connected = true;
    }
    changed.notify_all();
  }

  void wait_connected() {
    std::unique_lock lock(mutex);
    const auto limit = std::chrono::duration<double>(options.connect_timeout_s);
    if (changed.wait_for(lock, limit, [&] { return connected; })) return;
    throw Exception({.code = ErrorCode::Unavailable,
                     .message = "no instance of Manta answers at " + instance.admin +
                                "; start one with 'manta run', or give its --admin-port"});
  }

  DynamicHandle handle(std::string_view deployment, std::string_view application) {
    Result<std::string> owner;
    {
      const std::lock_guard lock(mutex);
      owner = api::application_of(known, deployment, application, "");
    }
    return DynamicHandle(callers->of(value_or_throw(std::move(owner)), std::string(deployment)));
  }

  const ClientOptions options;
  const api::InstanceAddress instance;
  SystemClock clock;
  Loop loop{clock};
  Logger logger;
  Metrics metrics;
  net::ReceiveBudget budget;
  routing::QueueCounts counts;
  std::shared_ptr<api::Strand> strand;
  std::optional<routing::Dispatchers> dispatchers;
  std::optional<api::DeploymentNames> names;
  std::optional<api::HandleCallers> callers;
  std::mutex mutex;  // guards connected and known
  std::condition_variable changed;
  bool connected = false;
  api::NamesByDeployment known;
  std::thread thread;
};

Client::Client(const ClientOptions& options, const std::string& state_root)
    : impl_(std::make_unique<Impl>(options, value_or_throw(api::instance_address(options, state_root)))) {
  impl_->wait_connected();
}
Client::~Client() = default;

DynamicHandle Client::get_deployment_handle(std::string_view deployment, std::string_view application) {
  return impl_->handle(deployment, application);
}

// Handles and responses may be kept as long as the program runs, so the connections are: one for each instance.
DynamicHandle get_deployment_handle(std::string_view deployment, std::string_view application,
                                    const ClientOptions& instance, const std::string& state_root) {
  const std::string address = value_or_throw(api::instance_address(instance, state_root)).admin;
  static std::mutex mutex;  // guards clients
  static std::map<std::string, std::unique_ptr<Client>> clients;
  const std::lock_guard lock(mutex);
  std::unique_ptr<Client>& client = clients[address];
  if (!client) client = std::make_unique<Client>(instance);
  return client->get_deployment_handle(deployment, application);
}

}  // namespace manta
