#include "cli/systemd_command.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <fmt/format.h>

#include "cli/terminal.h"

namespace manta::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kStateRoot = "/var/lib/";

// A word of a command line in a unit: no quoting is needed, and systemd replaces nothing in it.
bool is_plain(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("/._-:,+@=[]").contains(static_cast<char>(c));
  });
}

Result<void> check_word(std::string_view option, const std::string& value, bool is_path) {
  if (is_plain(value) && (!is_path || value.starts_with('/'))) return {};
  return fail(ErrorCode::InvalidArgument, fmt::format("{} '{}': expected {}, of letters, digits and /._-:,+@=[]",
                                                      option, value, is_path ? "an absolute path" : "a word"));
}

Result<void> check_ray_store(const SystemdRequest& request) {
  if (request.ray_store.empty()) return {};
  if (request.role != "head") return fail(ErrorCode::InvalidArgument, "--ray-store belongs to `manta systemd head`");
  return check_word("--ray-store", request.ray_store, true);
}

struct HeadAddress {
  std::string host, port;
};

Result<HeadAddress> head_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  int port = 0;
  if (colon != std::string::npos && colon > 0 && is_plain(text))
    std::from_chars(text.data() + colon + 1, text.data() + text.size(), port);
  if (port < 1 || port > 65535)
    return fail(ErrorCode::InvalidArgument,
                fmt::format("--address '{}': expected the head's IP:PORT, as 10.0.1.5:6379", text));
  return HeadAddress{text.substr(0, colon), text.substr(colon + 1)};
}

// What all units say of who runs them and of their folders, which systemd makes below /var/lib.
std::string service_head(const SystemdRequest& request, const std::vector<std::string>& folders) {
  std::string text = fmt::format("User={}\n# Tokens and logs are for this user alone\nUMask=0077\n", request.user);
  std::string made;
  for (const std::string& folder : folders)
    if (folder.starts_with(kStateRoot) && folder.size() > kStateRoot.size())
      made += (made.empty() ? "" : " ") + folder.substr(kStateRoot.size());
  if (!made.empty()) text += fmt::format("StateDirectory={}\nStateDirectoryMode=0700\n", made);
  return text;
}

constexpr std::string_view kRayToken =
    "# Who has the token may run anything on every machine: the same file on all of them, mode 0400, of this user.\n"
    "Environment=RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=/etc/manta/ray_token\n";
// No environment of the unit's own: the file may be missing.
constexpr std::string_view kFile =
    "# Variables of this machine, NAME=value a line, if there are any\nEnvironmentFile=-/etc/manta/environment\n";
constexpr std::string_view kAfterNetwork =
    "After=network-online.target\nWants=network-online.target\n"
    "# Started again as often as it takes\nStartLimitIntervalSec=0\n";
constexpr std::string_view kLimits = "LimitNOFILE=1048576\nTasksMax=infinity\n";

std::string instance_unit(const SystemdRequest& request, const std::string& manta, bool on_ray) {
  std::string text = "[Unit]\n";
  text += on_ray ? "Description=Manta, on the Ray cluster of this head\n" : "Description=Manta\n";
  text += kAfterNetwork;
  text += on_ray ? "After=manta-ray-head.service\n"
                   "# What Manta runs lives in Ray: it goes, and comes again, with Ray's head\n"
                   "Requires=manta-ray-head.service\nPartOf=manta-ray-head.service\n"
                 : "";
  text += "\n[Service]\nType=exec\n" + service_head(request, {request.state_dir});
  const std::string python = (fs::path(request.ray).parent_path() / "python").string();
  if (on_ray) text += fmt::format("{}Environment=MANTA_RAY_PYTHON={}\n", kRayToken, python);
  text += kFile;
  const std::string backend = on_ray ? fmt::format(" --backend ray --address {}", request.address) : "";
  text += fmt::format("ExecStart={} start{} --state-dir {}\n", manta, backend, request.state_dir);
  text +=
      "# SIGTERM to the command alone: requests finish, replicas stop in order, callers first\n"
      "KillMode=mixed\nTimeoutStopSec=330\nRestart=on-failure\nRestartSec=2\n";
  return text + std::string(kLimits) + "\n[Install]\nWantedBy=multi-user.target\n";
}

std::string ray_unit(const SystemdRequest& request, const HeadAddress& head, bool is_head) {
  std::string text = is_head ? "[Unit]\nDescription=Head of the Ray cluster that Manta runs on\n"
                             : "[Unit]\nDescription=A machine of the Ray cluster that Manta runs on\n";
  text += std::string(kAfterNetwork) + "\n[Service]\nType=exec\n";
  const bool has_store = is_head && !request.ray_store.empty();
  text += service_head(request, {request.state_dir, has_store ? request.ray_store : ""}) + std::string(kRayToken) +
          std::string(kFile);
  if (has_store)
    text += fmt::format(
        "# Ray's tables, with the secrets of instances: a folder that only this user may read (mode 0700)\n"
        "Environment=RAY_gcs_storage=rocksdb RAY_gcs_storage_path={}\n",
        request.ray_store);
  if (is_head)
    text +=
        "# A lost machine is noticed after about 3 s in place of 15 s\n"
        "Environment=RAY_health_check_period_ms=500 RAY_health_check_timeout_ms=1000 "
        "RAY_health_check_failure_threshold=4\n";
  const std::string where =
      is_head ? fmt::format("--head --node-ip-address={} --port={} --include-dashboard=false", head.host, head.port)
              : fmt::format("--address={}:{}", head.host, head.port);
  text += "# What this machine offers, where Ray does not find it: --num-cpus, --num-gpus, --labels zone=a\n";
  text += fmt::format("ExecStart={} start {} --disable-usage-stats --block\n", request.ray, where);
  text += "KillMode=mixed\nTimeoutStopSec=60\nRestart=always\nRestartSec=2\n";
  return text + std::string(kLimits) + "\n[Install]\nWantedBy=multi-user.target\n";
}

std::string with_place(const SystemdUnit& unit) {
  return fmt::format("# /etc/systemd/system/{0}\n# then: systemctl daemon-reload && systemctl enable --now {0}\n{1}",
                     unit.name, unit.text);
}

int write_units(const std::vector<SystemdUnit>& units, const std::string& folder) {
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  for (const SystemdUnit& unit : units) {
    const fs::path path = fs::path(folder) / unit.name;
    std::ofstream file(path);
    file << with_place(unit);
    if (!file.flush()) return print_error_line(fmt::format("error: cannot write {}", path.string())), 1;
    print_line(path.string());
  }
  return 0;
}

}  // namespace

Result<std::vector<SystemdUnit>> systemd_units(const SystemdRequest& request, const std::string& manta) {
  for (const auto& [option, value, is_path] : {std::tuple{"--state-dir", request.state_dir, true},
                                               {"--user", request.user, false},
                                               {"--ray", request.ray, true},
                                               {"the path of manta", manta, true}})
    if (auto checked = check_word(option, value, is_path); !checked) return std::unexpected(std::move(checked.error()));
  if (auto checked = check_ray_store(request); !checked) return std::unexpected(std::move(checked.error()));
  if (request.role.empty()) {
    if (!request.address.empty())
      return fail(ErrorCode::InvalidArgument, "--address belongs to `manta systemd head` and `manta systemd worker`");
    return std::vector<SystemdUnit>{{"manta.service", instance_unit(request, manta, false)}};
  }
  if (request.role != "head" && request.role != "worker")
    return fail(ErrorCode::InvalidArgument, fmt::format("'{}': expected head or worker", request.role));
  const auto head = head_address(request.address);
  if (!head) return std::unexpected(head.error());
  if (request.role == "worker")
    return std::vector<SystemdUnit>{{"manta-ray-worker.service", ray_unit(request, *head, false)}};
  return std::vector<SystemdUnit>{{"manta-ray-head.service", ray_unit(request, *head, true)},
                                  {"manta.service", instance_unit(request, manta, true)}};
}

int systemd_command(const SystemdRequest& request) {
  std::error_code ignored;
  const auto units = systemd_units(request, fs::read_symlink("/proc/self/exe", ignored).string());
  if (!units) return print_error_line("error: " + units.error().message), 2;
  if (!request.output.empty()) return write_units(*units, request.output);
  for (const SystemdUnit& unit : *units) std::fputs((with_place(unit) + "\n").c_str(), stdout);
  return 0;
}

}  // namespace manta::cli
