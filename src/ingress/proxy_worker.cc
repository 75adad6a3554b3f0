#include "ingress/proxy_worker.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace manta::ingress {
namespace {

// Without a controller the door opens all the same, and says why it cannot serve.
constexpr Duration kLongestWaitForRoutes = std::chrono::seconds(1);
constexpr std::size_t kLongestItem = std::size_t{32} << 20;  // of a stream: goes on in one request, with others
// A client that gave no time limit is told after this that no replica runs.
constexpr Duration kLongestWaitForReplicas = std::chrono::seconds(30);

Duration seconds(double value) { return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value)); }

net::ServerOptions public_door(const spec::HttpOptions& http) {
  net::ServerOptions options;
  options.max_header_bytes = static_cast<std::size_t>(http.max_header_bytes);
  options.max_body_bytes = static_cast<std::size_t>(http.max_body_bytes);
  options.keep_alive_timeout = seconds(http.keep_alive_timeout_s);
  return options;
}

std::vector<std::string> processes(const ProxyOptions& options) {
  std::vector<std::string> addresses{options.controller_address};
  if (!options.agent_socket.empty()) addresses.push_back("unix:" + options.agent_socket);
  return addresses;
}

void configure_logs(const ProxyProcess& process, const LoggingConfig& config) {
  Result<void> done = process.logger.configure(config);
  if (process.access_log != nullptr)
    if (Result<void> lines = process.access_log->configure(config); !lines) done = std::move(lines);
  if (!done) process.logger.warn("cannot log there", {{"error", done.error().message}});
}

ProxySettings settings(const ProxyOptions& options, std::uint64_t seed) {
  ProxySettings settings{
      .root_path = options.http.root_path,
      .request_timeout_s = options.http.request_timeout_s,
      .is_head = options.is_head,
      .max_item_bytes = std::min(static_cast<std::size_t>(options.http.max_body_bytes), kLongestItem),
      .node_id = options.node_id,
      .node_ip = options.node_ip,
      .seed = seed};
  if (!options.session_header.empty()) settings.session_header = options.session_header;
  for (char& c : settings.session_header) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  return settings;
}

}  // namespace

ProxyWorker::ProxyWorker(const ProxyOptions& options, const ProxyProcess& process, int listen_fd, std::uint64_t seed)
    : listen_fd_(listen_fd),
      security_(options.security),
      budget_(process.budget),
      loop_(process.clock),
      dispatchers_({.loop = loop_,
                    .metrics = process.metrics,
                    .logger = process.logger,
                    .connect = [this](const spec::ReplicaAddress& replica) { return connect(replica.address); },
                    .seed = seed,
                    .handle = "proxy",
                    .node_id = options.node_id},
                   process.queue_counts, {.replica_wait = kLongestWaitForReplicas}),
      collector_(
          loop_, process.metrics, [this](const std::string& address) { return connect(address); }, processes(options)),
      proxy_({.loop = loop_,
              .metrics = process.metrics,
              .dispatchers = dispatchers_,
              .collector = collector_,
              .access_log = process.access_log},
             settings(options, seed)),
      refused_(process.metrics, process.access_log, ~seed),
      load_reporter_(loop_, process.logger, process.queue_counts,
                     [this, address = options.controller_address] { return connect(address); }),
      traffic_reporter_(loop_, [this, address = options.controller_address] { return connect(address); }),
      subscription_(loop_, process.logger, [this, address = options.controller_address] { return connect(address); }),
      server_(loop_, public_door(options.http), budget_,
              [this](net::ExchangePtr exchange) { proxy_.handle(std::move(exchange)); }),
      metrics_door_(loop_, collector_, budget_) {
  server_.on_refusal([this](const net::Request& request, int status) { return refused_.note(request, status); });
  server_.stream_bodies([this](const net::Request& head) { return proxy_.wants_stream(head); });
  subscription_.on_snapshot([this, process](const spec::RoutingSnapshot& snapshot) {
    configure_logs(process, snapshot.logging_config.value_or(LoggingConfig{}));
    dispatchers_.update(snapshot);
    collector_.update(snapshot);
    proxy_.update(snapshot);
    load_reporter_.update(snapshot);
    traffic_reporter_.follow(proxy_.traffic_counts());
    open_door();
  });
  subscription_.start();
  loop_.after(kLongestWaitForRoutes, [this] { open_door(); });
}

// What connects earlier waits in the listening socket: a proxy that was restarted must not say 404 for want of routes.
void ProxyWorker::open_door() {
  if (listen_fd_ >= 0) server_.listen(std::exchange(listen_fd_, -1));
}

void ProxyWorker::drain(Duration limit) {
  loop_.post([this, limit] {
    proxy_.start_draining();
    if (listen_fd_ >= 0) ::close(std::exchange(listen_fd_, -1));
    server_.drain([this] { loop_.stop(); });
    loop_.after(limit, [this] { loop_.stop(); });
  });
}

std::unique_ptr<net::Channel> ProxyWorker::connect(const std::string& address) {
  auto parsed = net::Address::parse(address);
  if (!parsed) return nullptr;
  return std::make_unique<net::Channel>(loop_, std::move(*parsed), net::ChannelOptions{.security = security_}, budget_);
}

}  // namespace manta::ingress
