#include "control/artifact_store.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "codec/sha256.h"

namespace manta::control {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> io_error(std::string_view what, const std::string& path) {
  return fail(ErrorCode::Internal, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0700)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

bool write_all(int fd, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd, bytes, size);
    if (written < 0) return false;
    bytes += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

// Copies and hashes in one pass: the hash is that of the copy, whatever happens to the original meanwhile.
Result<std::string> copy_hashed(const std::string& from, const std::string& to) {
  const Descriptor in(from, O_RDONLY);
  if (in.get() < 0) return fail(ErrorCode::NotFound, from + ": " + std::strerror(errno));
  const Descriptor out(to, O_WRONLY | O_CREAT | O_TRUNC);
  if (out.get() < 0) return io_error("write", to);
  codec::Sha256 hash;
  std::vector<char> buffer(std::size_t{256} << 10);
  for (;;) {
    const ssize_t got = ::read(in.get(), buffer.data(), buffer.size());
    if (got < 0) return io_error("read", from);
    if (got == 0) return hash.hex();
    hash.update({buffer.data(), static_cast<std::size_t>(got)});
    if (!write_all(out.get(), buffer.data(), static_cast<std::size_t>(got))) return io_error("write", to);
  }
}

Result<void> sync_and_rename(const std::string& from, const std::string& to) {
  const Descriptor file(from, O_RDONLY);
  if (file.get() < 0 || ::fsync(file.get()) != 0 || ::rename(from.c_str(), to.c_str()) != 0)
    return io_error("write", to);
  return {};
}

}  // namespace

Result<ArtifactRef> ArtifactStore::add(ArtifactRef artifact) {
  if (artifact.kind == "builtin") return artifact;
  std::error_code ignored;
  if (fs::is_directory(artifact.source, ignored))
    return fail(ErrorCode::InvalidArgument, fmt::format("{} is a folder, not a file", artifact.source));
  fs::create_directories(directory_, ignored);
  const std::string half = directory_ + "/incoming.half";
  auto hash = copy_hashed(artifact.source, half);
  if (!hash) {
    fs::remove(half, ignored);
    return std::unexpected(std::move(hash.error()));
  }
  const fs::path folder = fs::path(directory_) / *hash;
  const fs::path copy = folder / fs::path(artifact.source).filename();
  fs::create_directories(folder, ignored);
  if (!fs::exists(copy, ignored))
    if (auto kept = sync_and_rename(half, copy.string()); !kept) return std::unexpected(std::move(kept.error()));
  fs::remove(half, ignored);
  artifact.sha256 = std::move(*hash);
  artifact.path = copy.string();
  return artifact;
}

Result<std::string> ArtifactStore::find(const std::string& sha256) const {
  const bool is_hash = sha256.size() == 64 && sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  std::error_code ignored;
  if (is_hash)
    for (const auto& entry : fs::directory_iterator(fs::path(directory_) / sha256, ignored))
      if (entry.is_regular_file(ignored)) return entry.path().string();
  return fail(ErrorCode::NotFound, fmt::format("there is no artifact '{}'", sha256));
}

void ArtifactStore::keep_only(const std::set<std::string>& named) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(directory_, ignored))
    if (!named.contains(entry.path().filename().string())) fs::remove_all(entry.path(), ignored);
}

}  // namespace manta::control
