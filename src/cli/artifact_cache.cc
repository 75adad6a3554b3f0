#include "cli/artifact_cache.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codec/sha256.h"

namespace manta::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto kUnusedFor = std::chrono::hours(24 * 7);

std::unexpected<Error> io_error(std::string_view what, const std::string& path) {
  return fail(ErrorCode::Unavailable, fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

// Held by one process at a time; the kernel gives it back when the process ends. Files of locks stay: removing one that
// another waits for would let two in.
class FileLock {
 public:
  static std::optional<FileLock> take(const std::string& path, bool waits) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return std::nullopt;
    int taken = -1;
    do taken = ::flock(fd, waits ? LOCK_EX : LOCK_EX | LOCK_NB);
    while (taken != 0 && errno == EINTR);
    FileLock lock(fd);
    if (taken != 0) return std::nullopt;
    return lock;
  }
  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock() {
    if (fd_ >= 0) ::close(fd_);
  }

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

Result<void> keep_as(const std::string& half, const std::string& path) {
  const int fd = ::open(half.c_str(), O_RDONLY | O_CLOEXEC);
  const bool kept = fd >= 0 && ::fchmod(fd, 0700) == 0 && ::fsync(fd) == 0 && ::rename(half.c_str(), path.c_str()) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  errno = error;
  if (!kept) return io_error("write", path);
  return {};
}

}  // namespace

Result<std::string> hash_of_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error("read", path);
  codec::Sha256 hash;
  std::vector<char> buffer(std::size_t{256} << 10);
  ssize_t got = 0;
  while ((got = ::read(fd, buffer.data(), buffer.size())) > 0)
    hash.update({buffer.data(), static_cast<std::size_t>(got)});
  const int error = errno;
  ::close(fd);
  errno = error;
  if (got < 0) return io_error("read", path);
  return hash.hex();
}

Result<std::string> ArtifactCache::get(const std::string& sha256, const std::string& file_name,
                                       const Fetch& fetch) const {
  std::error_code error;
  fs::create_directories(folder_, error);
  fs::permissions(folder_, fs::perms::owner_all, error);
  const auto lock = FileLock::take(folder_ + "/" + sha256 + ".lock", true);
  if (!lock) return io_error("lock", folder_ + "/" + sha256 + ".lock");
  auto path = get_locked(sha256, file_name, fetch);
  if (path) remove_unused(sha256);
  return path;
}

Result<std::string> ArtifactCache::get_locked(const std::string& sha256, const std::string& file_name,
                                              const Fetch& fetch) const {
  const std::string folder = folder_ + "/" + sha256;
  std::string path = folder + "/" + file_name;
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  fs::last_write_time(folder, fs::file_time_type::clock::now(), ignored);
  if (const auto known = hash_of_file(path); known && *known == sha256) return path;
  const std::string half = folder_ + "/" + sha256 + ".half";
  fs::remove(half, ignored);
  Result<void> fetched = fetch(half);
  if (fetched) {
    const auto hash = hash_of_file(half);
    if (!hash)
      fetched = std::unexpected(hash.error());
    else if (*hash != sha256)
      fetched = fail(ErrorCode::Internal,
                     fmt::format("what was fetched as artifact {} has the hash {}: it is not used", sha256, *hash));
  }
  if (fetched) fetched = keep_as(half, path);
  if (fetched) return path;
  fs::remove(half, ignored);
  return std::unexpected(std::move(fetched.error()));
}

// One that somebody is fetching or looking for is locked. What runs keeps its file, also without a name.
void ArtifactCache::remove_unused(const std::string& kept) const {
  std::error_code ignored;
  const auto old = fs::file_time_type::clock::now() - kUnusedFor;
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name == kept || !entry.is_directory(ignored) || fs::last_write_time(entry.path(), ignored) > old) continue;
    if (const auto lock = FileLock::take(folder_ + "/" + name + ".lock", false)) fs::remove_all(entry.path(), ignored);
  }
}

}  // namespace manta::cli
