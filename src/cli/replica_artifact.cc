#include "cli/replica_artifact.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/of_seconds.h"
#include "cli/artifact_cache.h"
#include "cli/artifact_fetch.h"

namespace manta::cli {
namespace {

std::string cache_folder(const Environment& environment) {
  if (const auto folder = environment.get("MANTA_ARTIFACT_CACHE"); folder && !folder->empty()) return *folder;
  constexpr const char* kBelow = "/manta/artifacts";
  if (const auto cache = environment.get("XDG_CACHE_HOME"); cache && cache->starts_with('/')) return *cache + kBelow;
  if (const auto home = environment.get("HOME"); home && home->starts_with('/')) return *home + "/.cache" + kBelow;
  return fmt::format("{}/manta-{}/artifacts", environment.runtime_root(), ::getuid());
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

}  // namespace

Result<std::string> local_artifact(const control::ReplicaSpec& spec, const Environment& environment,
                                   const net::PeerSecurityPtr& security) {
  if (spec.artifact.empty() || spec.artifact_sha256.empty()) return spec.artifact;
  if (const auto hash = hash_of_file(spec.artifact); hash && *hash == spec.artifact_sha256) return spec.artifact;
  const ArtifactCache cache(cache_folder(environment));
  const RemoteArtifact remote{
      .controller_address = spec.controller_address, .security = security, .sha256 = spec.artifact_sha256};
  return cache.get(spec.artifact_sha256, std::filesystem::path(spec.artifact).filename().string(),
                   [&](const std::string& path) {
                     return fetch_artifact(remote, path, of_seconds(spec.config.initialization_timeout_s));
                   });
}

bool is_program(const control::ReplicaSpec& spec) {
  std::error_code ignored;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", ignored);
  return spec.artifact_sha256.empty() || own == spec.artifact || own.parent_path().filename() == spec.artifact_sha256;
}

Error become_program(const control::ReplicaSpec& spec, int listen_fd, const Environment& environment,
                     const net::PeerSecurityPtr& security) {
  const auto path = local_artifact(spec, environment, security);
  if (!path) return path.error();
  ::fcntl(listen_fd, F_SETFD, 0);
  std::vector<std::string> words{*path,           "replica",        "--listen-fd",  std::to_string(listen_fd),
                                 "--application", spec.application, "--deployment", spec.deployment,
                                 "--id",          spec.id};
  std::vector<std::string> entries = environment.entries();
  ::execve(path->c_str(), pointers(words).data(), pointers(entries).data());
  return {.code = ErrorCode::InvalidArgument,
          .message = fmt::format("{} cannot be executed: {}", *path, std::strerror(errno))};
}

}  // namespace manta::cli
