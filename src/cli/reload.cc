#include "cli/reload.h"

#include <chrono>
#include <utility>

#include <sys/stat.h>

#include "cli/call.h"
#include "cli/terminal.h"
#include "spec/config_json.h"
#include "spec/import_path.h"

namespace manta::cli {
namespace {

constexpr Duration kLookEvery = std::chrono::milliseconds(300);
std::vector<std::string> files_of(const std::string& target, const spec::InstanceConfig& config) {
  std::vector<std::string> files{target};
  for (const spec::ApplicationConfig& application : config.applications) {
    const auto path = spec::parse_import_path(application.import_path);
    if (path && path->kind != spec::ImportPath::Kind::Builtin) files.push_back(path->file);
  }
  return files;
}

}  // namespace

Reload::Reload(Loop& loop, std::string target, Read read, net::Address controller)
    : loop_(loop),
      target_(std::move(target)),
      read_(std::move(read)),
      controller_(std::move(controller)),
      tasks_(loop) {}

Reload::~Reload() { loop_.cancel(timer_); }

void Reload::begin(const spec::InstanceConfig& config) {
  files_ = files_of(target_, config);
  deployed_ = seen_ = times();
  look();
}

Reload::Times Reload::times() const {
  Times times;
  for (const std::string& file : files_) {
    struct stat info{};
    if (::stat(file.c_str(), &info) == 0) times[file] = info.st_mtim.tv_sec * 1'000'000'000 + info.st_mtim.tv_nsec;
  }
  return times;
}

// A change counts when two looks in a row see the same: a linker takes its time.
void Reload::look() {
  Times now = times();
  if (!deploying_ && now != deployed_ && now == seen_) {
    deploying_ = true;
    deployed_ = now;
    tasks_.spawn(deploy());
  }
  seen_ = std::move(now);
  timer_ = loop_.after(kLookEvery, [this] { look(); });
}

Task<void> Reload::deploy() {
  const auto config = read_();
  if (!config) {
    print_error_line("reload: " + config.error().message);
  } else {
    const auto deployed = co_await call_once(loop_, controller_, "PUT", "/api/serve/applications/",
                                             spec::deploy_json(*config), kDeployTimeout, "--reload");
    if (deployed)
      print_line("reloaded");
    else
      print_error_line("reload: " + deployed.error().message);
    files_ = files_of(target_, *config);
  }
  deploying_ = false;
}

}  // namespace manta::cli
