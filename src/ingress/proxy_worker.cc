#include "ingress/proxy_worker.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

namespace manta::ingress {
namespace {

constexpr std::size_t kLongestItem = std::size_t{32} << 20;  // of a stream: goes on in one request, with others
// A client that gave no time limit is told after this that no replica runs.
constexpr Duration kLongestWaitForReplicas = std::chrono::seconds(30);

Duration seconds(double value) { return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value)); }

net::ServerOptions public_door(const spec::HttpOptions& http, std::shared_ptr<net::BodyBuffers> bodies) {
  net::ServerOptions options;
  options.bodies = std::move(bodies);
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

StartHosted start_hosted(const ProxyOptions& options, const ProxyProcess& process, Loop& loop, int thread) {
  if (!options.host) return nullptr;
  return [host = options.host, place = HostingPlace{.loop = loop,
                                                    .metrics = process.metrics,
                                                    .queue_counts = process.queue_counts,
                                                    .node_id = options.node_id,
                                                    .thread = thread,
                                                    .security = options.security}](const spec::ReplicaSet& set,
                                                                                   std::function<void()> on_change) {
    return host(place, set, std::move(on_change));
  };
}

}  // namespace

ProxyWorker::ProxyWorker(const ProxyOptions& options, const ProxyProcess& process, const RollCall* roll_call,
                         std::uint64_t seed, int thread)
    : loop_(process.clock),
      security_(options.security),
      budget_(process.budget),
      dispatchers_({.loop = loop_,
                    .metrics = process.metrics,
                    .logger = process.logger,
                    .connect = [this](const spec::ReplicaAddress& replica) { return connect(replica.address); },
                    .seed = seed,
                    .handle = "proxy",
                    .node_id = options.node_id,
                    .handle_source = "PROXY"},
                   process.queue_counts, {.replica_wait = kLongestWaitForReplicas}),
      bodies_(std::make_shared<net::BodyBuffers>(loop_)),
      collector_(
          loop_, process.metrics, [this](const std::string& address) { return connect(address); }, processes(options)),
      proxy_({.loop = loop_,
              .metrics = process.metrics,
              .dispatchers = dispatchers_,
              .bodies = *bodies_,
              .collector = collector_,
              .shadow_counts = process.shadow_counts,
              .access_log = process.access_log,
              .roll_call = roll_call,
              .start_hosted = start_hosted(options, process, loop_, thread)},
             settings(options, seed)),
      refused_(process.metrics, process.access_log, ~seed),
      traffic_reporter_(loop_, [this, address = options.controller_address] { return connect(address); }),
      latency_(loop_, process.metrics, {{"component", "proxy"}}),
      server_(loop_, public_door(options.http, bodies_), budget_,
              [this](net::ExchangePtr exchange) { proxy_.handle(std::move(exchange)); }) {
  server_.on_refusal([this](const net::Request& request, int status) { return refused_.note(request, status); });
  server_.stream_bodies([this](const net::Request& head) { return proxy_.wants_stream(head); });
}

void ProxyWorker::update(const RoutingView& view) {
  dispatchers_.update(*view.snapshot);
  collector_.update(*view.snapshot);
  proxy_.update(view);
  traffic_reporter_.follow(proxy_.traffic_counts());
}

void ProxyWorker::on_connection_end(std::function<void()> callback) {
  server_.on_disconnect([callback = std::move(callback)](std::uint64_t) { callback(); });
}

void ProxyWorker::drain(std::move_only_function<void()> done) {
  proxy_.start_draining();
  server_.drain(std::move(done));
}

std::unique_ptr<net::Channel> ProxyWorker::connect(const std::string& address) {
  auto parsed = net::Address::parse(address);
  if (!parsed) return nullptr;
  return std::make_unique<net::Channel>(loop_, std::move(*parsed), net::ChannelOptions{.security = security_}, budget_);
}

}  // namespace manta::ingress
