#include "cli/startup.h"

#include <chrono>
#include <utility>

#include <manta/detail/json.h>

#include "cli/call.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "spec/config_json.h"

namespace manta::cli {
namespace {

constexpr Duration kDoorTimeout = std::chrono::seconds(10);
constexpr Duration kFollowAgain = std::chrono::milliseconds(50);

}  // namespace

Startup::Startup(Loop& loop, const InstanceOptions& options, std::string controller_address, std::string http_address,
                 OnOutcome on_outcome)
    : loop_(loop),
      options_(options),
      controller_{std::move(controller_address)},
      door_{std::move(http_address)},
      on_outcome_(std::move(on_outcome)),
      begun_(loop.now()),
      tasks_(loop) {}

double Startup::elapsed_s() const { return std::chrono::duration<double>(loop_.now() - begun_).count(); }

void Startup::end(Outcome outcome) {
  if (std::exchange(over_, true)) return;
  loop_.post([this, outcome = std::move(outcome)] {
    statuses_.reset();
    channel_.reset();
    on_outcome_(outcome);
  });
}

Task<void> Startup::go() {
  if (options_.deploy) {
    auto deployed = co_await call_once(loop_, controller_, "PUT", "/api/serve/applications/",
                                       spec::deploy_json(options_.config), kDeployTimeout, options_.by);
    if (!deployed) co_return end({.error = options_.places.located(deployed.error()).message});
  }
  follow();
}

void Startup::follow() {
  channel_ = std::make_unique<net::Channel>(loop_, controller_, net::ChannelOptions{}, budget_);
  const auto on_item = [this](const std::string& item) {
    if (auto status = detail::from_json<spec::InstanceStatus>(item, UnknownKeys::Ignore)) on_status(*status);
  };
  const auto on_end = [this](const std::string&) {
    if (!over_) loop_.after(kFollowAgain, [this] { follow(); });
  };
  statuses_ = std::make_unique<net::ItemStream>(*channel_, "POST", "/-/status", on_item, on_end);
}

void Startup::on_status(const spec::InstanceStatus& status) {
  if (over_) return;
  for (const std::string& line : progress_lines(last_, status, elapsed_s())) print_line(line);
  last_ = status;
  const std::string failures = deploy_failures(status);
  if (!failures.empty() && options_.deploy) return end({.error = failures});
  if (status.applications.empty() && !options_.deploy) return end({.ready = true});
  if (!all_running(status)) return;
  if (options_.config.proxy_location == "Disabled") return end({.ready = true});
  if (!std::exchange(asking_, true)) tasks_.spawn(ask_door());
}

// The door has the news a moment later than this process: asked again, soon, then more slowly.
Task<void> Startup::ask_door() {
  auto answer = co_await call_once(loop_, door_, "GET", "/ready", "", kDoorTimeout);
  asking_ = false;
  if (over_) co_return;
  if (answer && answer->status == 200) co_return end({.ready = true});
  loop_.after(std::chrono::milliseconds(2), [this] {
    if (!over_ && all_running(last_) && !std::exchange(asking_, true)) tasks_.spawn(ask_door());
  });
}

}  // namespace manta::cli
