#include "cli/logs_command.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "cli/log_tail.h"
#include "codec/nearest.h"

namespace manta::cli {
namespace {

constexpr auto kFollowEvery = std::chrono::milliseconds(200);
constexpr int kLooksBetweenAsking = 10;

// Everything that has a log file, with the names that select it.
struct Source {
  std::string id;
  std::vector<std::string> names;
};

std::vector<Source> sources_of(const control::InstanceDetails& details) {
  std::vector<Source> sources;
  for (const auto& [application, of_application] : details.applications) {
    for (const auto& [deployment, of_deployment] : of_application.deployments) {
      const auto add = [&](const control::ReplicaDetails& replica) {
        const std::string& file_of = replica.process.empty() ? replica.replica_id : replica.process;
        sources.push_back({file_of, {replica.replica_id, application, deployment, application + "/" + deployment}});
      };
      std::ranges::for_each(of_deployment.recent_dead_replicas, add);
      std::ranges::for_each(of_deployment.replicas, add);
    }
  }
  for (const char* role : {"controller", "proxy"}) sources.push_back({role, {role}});
  return sources;
}

bool is_role(const Source& source) { return source.id == "controller" || source.id == "proxy"; }

std::vector<std::string> chosen(const std::vector<Source>& sources, const std::vector<std::string>& names) {
  std::vector<std::string> ids;
  for (const Source& source : sources) {
    const bool wanted = names.empty() ? !is_role(source) : std::ranges::any_of(names, [&](const std::string& name) {
      return std::ranges::find(source.names, name) != source.names.end();
    });
    if (wanted) ids.push_back(source.id);
  }
  return ids;
}

Result<void> check_names(const std::vector<Source>& sources, const std::vector<std::string>& names) {
  std::set<std::string_view> known;
  for (const Source& source : sources) known.insert(source.names.begin(), source.names.end());
  const std::vector<std::string_view> all(known.begin(), known.end());
  for (const std::string& name : names)
    if (!known.contains(name))
      return fail(ErrorCode::NotFound,
                  fmt::format("nothing here is called '{}'{}", name, codec::suggestion(name, all)));
  return {};
}

// The log files that are being printed.
class Printer {
 public:
  Printer(std::string directory, std::size_t lines) : directory_(std::move(directory)), lines_(lines) {}

  void show(const std::vector<std::string>& ids) {
    for (const std::string& id : ids) {
      const auto [tail, is_new] = tails_.try_emplace(id, fmt::format("{}/{}.log", directory_, id));
      const auto print = [&](std::string_view line) { fmt::print("[{}] {}\n", id, line); };
      if (is_new)
        tail->second.last(lines_, print);
      else
        tail->second.follow(print);
    }
    std::fflush(stdout);
  }

 private:
  std::string directory_;
  std::size_t lines_;
  std::map<std::string, LogTail> tails_;
};

}  // namespace

int logs_command(const AdminTarget& target, const LogsRequest& request) {
  auto details = instance_details(target);
  if (!details) return report(details.error(), target);
  std::vector<Source> sources = sources_of(*details);
  if (const auto known = check_names(sources, request.names); !known) return report(known.error(), target);
  Printer printer(std::filesystem::path(details->controller_info.log_file_path).parent_path().string(), request.lines);
  printer.show(chosen(sources, request.names));
  for (int look = 1; request.follow; ++look) {
    std::this_thread::sleep_for(kFollowEvery);
    if (look % kLooksBetweenAsking == 0)
      if (details = instance_details(target); details) sources = sources_of(*details);
    printer.show(chosen(sources, request.names));
    if (std::ferror(stdout) != 0) return 0;
  }
  return 0;
}

}  // namespace manta::cli
