#include "control/artifact_store.h"

#include <cerrno>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control/sha256.h"

namespace manta::control {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> io_error(std::string_view what, const std::string& path) {
  return fail(ErrorCode::Internal, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

// Copies into a new file and waits until it is on disk.
Result<void> copy_synced(const std::string& from, const std::string& to) {
  const int in = ::open(from.c_str(), O_RDONLY | O_CLOEXEC);
  if (in < 0) return io_error("read", from);
  const int out = ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
  if (out < 0) {
    auto error = io_error("write", to);
    ::close(in);
    return error;
  }
  ssize_t sent = 0;
  while ((sent = ::sendfile(out, in, nullptr, std::size_t{1} << 30)) > 0) {
  }
  Result<void> result;
  if (sent < 0 || ::fsync(out) != 0) result = io_error("write", to);
  ::close(in);
  ::close(out);
  return result;
}

}  // namespace

Result<ArtifactRef> ArtifactStore::add(ArtifactRef artifact) {
  if (artifact.kind == "builtin") return artifact;
  std::error_code ignored;
  if (fs::is_directory(artifact.source, ignored))
    return fail(ErrorCode::InvalidArgument, fmt::format("{} is a folder, not a file", artifact.source));
  auto hash = sha256_of_file(artifact.source);
  if (!hash) return std::unexpected(std::move(hash.error()));
  const fs::path directory = fs::path(directory_) / *hash;
  const fs::path copy = directory / fs::path(artifact.source).filename();
  if (!fs::exists(copy, ignored)) {
    const std::string half = directory.string() + ".half";
    fs::create_directories(directory, ignored);
    if (auto copied = copy_synced(artifact.source, half); !copied) return std::unexpected(std::move(copied.error()));
    auto copied_hash = sha256_of_file(half);
    if (!copied_hash || *copied_hash != *hash)
      return fail(ErrorCode::Unavailable, fmt::format("{} changed while it was read; deploy again", artifact.source));
    if (::rename(half.c_str(), copy.c_str()) != 0) return io_error("write", copy.string());
  }
  artifact.sha256 = *hash;
  artifact.path = copy.string();
  return artifact;
}

void ArtifactStore::keep_only(const std::set<std::string>& named) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory_, ignored))
    if (!named.contains(entry.path().filename().string())) fs::remove_all(entry.path(), ignored);
}

}  // namespace manta::control
