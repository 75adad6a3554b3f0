#include "cli/cluster/token.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <unistd.h>

namespace manta::cli {
namespace {

constexpr std::size_t kBytes = 32;

Result<std::string> random_token() {
  std::array<unsigned char, kBytes> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    return fail(ErrorCode::Internal, fmt::format("no random bytes: {}", std::strerror(errno)));
  std::string token;
  for (const unsigned char byte : bytes) token += fmt::format("{:02x}", byte);
  return token;
}

// Whole or not at all: a half-written file never has the name.
Result<void> write_once(const std::string& path, const std::string& token) {
  const std::string half = fmt::format("{}.{}", path, ::getpid());
  const int file = ::open(half.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const bool written = file >= 0 && ::write(file, token.data(), token.size()) == static_cast<ssize_t>(token.size());
  if (file >= 0) ::close(file);
  const bool linked = written && (::link(half.c_str(), path.c_str()) == 0 || errno == EEXIST);
  const int error = errno;
  ::unlink(half.c_str());
  if (linked) return {};
  return fail(ErrorCode::Internal, fmt::format("cannot write {}: {}", path, std::strerror(error)));
}

}  // namespace

Result<std::string> cluster_token(const runtime::InstancePaths& paths) {
  const std::string path = paths.state + "/cluster_token";
  if (::access(path.c_str(), F_OK) != 0) {
    const auto made = random_token();
    if (!made) return made;
    if (auto written = write_once(path, *made); !written) return std::unexpected(std::move(written.error()));
  }
  std::string token;
  std::ifstream(path) >> token;
  if (token.size() < kBytes)
    return fail(ErrorCode::Internal, path + " holds no token; remove it while no instance runs, and one is made anew");
  return token;
}

}  // namespace manta::cli
