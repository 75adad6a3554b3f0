#include "unit/control/fake_replicas.h"

#include <cstdlib>
#include <filesystem>

#include <manta/detail/json.h>

#include "net/items.h"
#include "net/wire.h"

#include "spec/settings.h"

namespace manta::control {

FakeReplicas::FakeReplicas(Loop& loop) : loop_(loop) {
  std::string name = "/tmp/manta-fakes-XXXXXX";
  folder_ = ::mkdtemp(name.data());
}

FakeReplicas::~FakeReplicas() { std::filesystem::remove_all(folder_); }

std::string FakeReplicas::start(const runtime::ReplicaProcess& process) {
  const std::string address = "unix:" + folder_ + "/" + std::to_string(next_++);
  Replica& replica = replicas_[process.id];
  replica.server = std::make_unique<net::Server>(
      loop_, net::ServerOptions{.internal = true}, budget_,
      [this, id = process.id](const net::ExchangePtr& exchange) { handle(id, exchange); });
  replica.server->listen(*net::listen_on({address}));
  return address;
}

void FakeReplicas::handle(const std::string& id, const net::ExchangePtr& exchange) {
  Replica& replica = replicas_.at(id);
  if (exchange->request().target == net::wire::kState) {
    exchange->start(200, {});
    replica.states = exchange;
    if (!replica.last.empty()) exchange->write(replica.last);
    return;
  }
  if (exchange->request().target == spec::kSettingsPath) {
    settings.push_back(exchange->request().body);
    settings_of[id] = exchange->request().body;
    std::string error = settings_error;
    if (id == refusing) error = R"({"error":{"type":"AppError","message":"no"}})";
    if (id == busy) error = R"({"error":{"type":"Unavailable","message":"busy"}})";
    exchange->respond(error.empty() ? net::Response{} : net::Response{.status = 500, .body = error});
    return;
  }
  if (exchange->request().target == net::wire::kSlots) return exchange->start(200, {});
  if (!exchange->request().target.starts_with("/-/")) return exchange->respond({.body = id});
  ++health_checks;
  exchange->respond(
      {.status = healthy ? 200 : 503, .body = healthy ? "" : R"({"error":{"type":"Unavailable","message":"sick"}})"});
}

void FakeReplicas::tell(const std::string& id, const spec::ReplicaState& state) {
  Replica& replica = replicas_.at(id);
  replica.last.clear();
  net::append_item(replica.last, *detail::to_json(state));
  if (replica.states) replica.states->write(replica.last);
}

void FakeReplicas::tell_all(const std::string& state) {
  for (const auto& [id, replica] : replicas_) tell(id, {.state = state});
}

}  // namespace manta::control
