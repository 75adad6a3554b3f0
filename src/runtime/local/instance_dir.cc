#include "runtime/local/instance_dir.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace manta::runtime {
namespace {

namespace fs = std::filesystem;

// FNV-1a: the same for every build of Manta, unlike std::hash.
std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

// A folder that only this user can enter.
Result<void> make_private(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  struct stat info{};
  if (error || ::stat(path.c_str(), &info) != 0)
    return fail(ErrorCode::InvalidArgument,
                fmt::format("cannot make the folder {}: {}", path, error ? error.message() : std::strerror(errno)));
  if (info.st_uid != ::geteuid())
    return fail(ErrorCode::InvalidArgument, fmt::format("the folder {} belongs to another user", path));
  if ((info.st_mode & 0777) != 0700 && ::chmod(path.c_str(), 0700) != 0)
    return fail(ErrorCode::InvalidArgument, fmt::format("cannot make {} private: {}", path, std::strerror(errno)));
  return {};
}

std::string read_pid(int fd) {
  std::array<char, 16> text{};
  const ssize_t got = ::pread(fd, text.data(), text.size() - 1, 0);
  std::string pid(text.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "unknown" : pid;
}

}  // namespace

InstancePaths instance_paths(const std::string& state_dir, const std::string& runtime_root) {
  std::error_code ignored;
  std::string state = fs::weakly_canonical(fs::absolute(state_dir), ignored).string();
  if (state.empty()) state = fs::absolute(state_dir).string();
  while (state.size() > 1 && state.ends_with('/')) state.pop_back();
  const std::string run = fmt::format("{}/manta-{}/{:08x}", runtime_root, ::geteuid(), hash_of(state));
  return {.state = state, .run = run};
}

Result<std::unique_ptr<InstanceLock>> InstanceLock::acquire(const InstancePaths& paths) {
  const std::string parent = fs::path(paths.run).parent_path().string();
  for (const std::string& folder :
       {paths.state, paths.state + "/logs", paths.artifacts(), parent, paths.run, paths.run + "/r"})
    if (auto made = make_private(folder); !made) return std::unexpected(std::move(made.error()));
  const std::string path = paths.state + "/lock";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fail(ErrorCode::InvalidArgument, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const std::string pid = read_pid(fd);
    ::close(fd);
    return fail(ErrorCode::Unavailable,
                fmt::format("an instance already runs with state folder {} (process {}); stop it, or give this one "
                            "another --admin-port or --state-dir",
                            paths.state, pid));
  }
  const std::string pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    ::close(fd);
    return fail(ErrorCode::InvalidArgument, fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  }
  std::unique_ptr<InstanceLock> lock(new InstanceLock(fd, paths.run));
  std::error_code ignored;
  for (const std::string& folder : {paths.run, paths.run + "/r"})
    for (const auto& entry : fs::directory_iterator(folder, ignored))
      if (entry.is_socket(ignored)) fs::remove(entry.path(), ignored);
  return lock;
}

InstanceLock::~InstanceLock() {
  std::error_code ignored;
  fs::remove_all(run_, ignored);
  ::close(fd_);
}

Result<std::string> node_id(const InstancePaths& paths) {
  const std::string path = paths.state + "/node_id";
  std::string id;
  std::ifstream(path) >> id;
  if (!id.empty()) return id;
  std::random_device random;
  for (int i = 0; i < 7; ++i) id += fmt::format("{:08x}", random());
  std::ofstream file(path);
  file << id << '\n';
  file.close();
  if (!file) return fail(ErrorCode::InvalidArgument, fmt::format("cannot write {}", path));
  return id;
}

}  // namespace manta::runtime
