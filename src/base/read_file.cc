#include "base/read_file.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace manta {
namespace {

Error not_read(const std::string& path, int error) {
  if (error == ENOENT) return {.code = ErrorCode::NotFound, .message = path + ": no such file"};
  if (error == EISDIR) return {.code = ErrorCode::InvalidArgument, .message = path + ": is a folder, not a file"};
  return {.code = ErrorCode::Unavailable, .message = path + ": cannot be read: " + std::strerror(error)};
}

}  // namespace

// A std::ifstream that is read through iterators throws where the system refuses a read.
Result<std::string> read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::unexpected(not_read(path, errno));
  std::string content;
  std::array<char, 16 * 1024> part;
  for (;;) {
    const ssize_t size = ::read(fd, part.data(), part.size());
    if (size < 0 && errno == EINTR) continue;
    const int error = errno;
    if (size > 0) {
      content.append(part.data(), static_cast<std::size_t>(size));
      continue;
    }
    ::close(fd);
    if (size < 0) return std::unexpected(not_read(path, error));
    return content;
  }
}

}  // namespace manta
