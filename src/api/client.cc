#include <manta/client.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include "api/handle_callers.h"
#include "base/metrics.h"
#include "routing/subscription.h"

namespace manta {
namespace {

std::string address_of(const ClientOptions& options) {
  return options.admin_host + ":" + std::to_string(options.admin_port);
}

}  // namespace

// The loop and all that lives on it belong to `thread`; callers reach it through the strand.
struct Client::Impl {
  explicit Impl(const ClientOptions& given)
      : options(given),
        logger({.component = "client", .level = LogLevel::Error, .async = false}),
        thread([this] { run(); }) {}

  ~Impl() {
    loop.post([this] { loop.stop(); });  // posted: run() may not have begun
    thread.join();
  }

  void run() {
    strand = std::make_shared<api::Strand>(loop);
    dispatchers.emplace(
        routing::RouterEnvironment{.loop = loop,
                                   .metrics = metrics,
                                   .logger = logger,
                                   .connect = [this](const spec::ReplicaAddress& to) { return connect(to.address); },
                                   .seed = std::random_device{}(),
                                   .handle = "client"},
        counts);
    callers.emplace(strand, *dispatchers, "", "");
    routing::Subscription subscription(loop, logger, [this] { return connect(address_of(options)); });
    subscription.on_snapshot([this](const spec::RoutingSnapshot& snapshot) {
      dispatchers->update(snapshot);
      remember(snapshot);
    });
    subscription.start();
    loop.run();
    strand->close();
    dispatchers.reset();
  }

  std::unique_ptr<net::Channel> connect(const std::string& address) {
    auto parsed = net::Address::parse(address);
    if (!parsed) return nullptr;
    return std::make_unique<net::Channel>(loop, std::move(*parsed), net::ChannelOptions{}, budget);
  }

  void remember(const spec::RoutingSnapshot& snapshot) {
    {
      const std::lock_guard lock(mutex);
      known.clear();
      for (const auto& set : snapshot.deployments) known.emplace(set.deployment, set.application);
      connected = true;
    }
    changed.notify_all();
  }

  void wait_connected() {
    std::unique_lock lock(mutex);
    const auto limit = std::chrono::duration<double>(options.connect_timeout_s);
    if (changed.wait_for(lock, limit, [&] { return connected; })) return;
    throw Exception({.code = ErrorCode::Unavailable,
                     .message = "no instance of Manta answers at " + address_of(options) +
                                "; start one with 'manta run', or give its --admin-port"});
  }

  // The application that `deployment` belongs to. Throws NotFound, or InvalidArgument that lists the applications.
  std::string application_of(std::string_view deployment) {
    const std::lock_guard lock(mutex);
    std::string found, listed;
    int count = 0;
    for (auto [it, end] = known.equal_range(std::string(deployment)); it != end; ++it, ++count) {
      found = it->second;
      listed += (listed.empty() ? "" : ", ") + it->second;
    }
    if (count == 1) return found;
    if (count == 0)
      throw Exception({.code = ErrorCode::NotFound,
                       .message = "no application has a deployment '" + std::string(deployment) + "'"});
    throw Exception({.code = ErrorCode::InvalidArgument,
                     .message = "several applications have a deployment '" + std::string(deployment) + "': " + listed +
                                "; name one"});
  }

  ClientOptions options;
  SystemClock clock;
  Loop loop{clock};
  Logger logger;
  Metrics metrics;
  net::ReceiveBudget budget;
  routing::QueueCounts counts;
  std::shared_ptr<api::Strand> strand;
  std::optional<routing::Dispatchers> dispatchers;
  std::optional<api::HandleCallers> callers;
  std::mutex mutex;  // guards connected and known
  std::condition_variable changed;
  bool connected = false;
  std::multimap<std::string, std::string> known;  // deployment -> application
  std::thread thread;
};

Client::Client(const ClientOptions& options) : impl_(std::make_unique<Impl>(options)) { impl_->wait_connected(); }
Client::~Client() = default;

DynamicHandle Client::get_deployment_handle(std::string_view deployment, std::string_view application) {
  std::string owner = application.empty() ? impl_->application_of(deployment) : std::string(application);
  return DynamicHandle(impl_->callers->of(owner, std::string(deployment)));
}

}  // namespace manta
