#include "raw_client.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "hot_path.h"

namespace manta::counts {

std::pair<int, int> socket_pair() {
  std::array<int, 2> ends{};
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0, "no socket pair");
  return {ends[0], ends[1]};
}

RawClient::~RawClient() { ::close(fd_); }

void RawClient::send(std::string_view bytes) const {
  require(::send(fd_, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()), "the request is too long");
}

void RawClient::expect(std::string_view wanted) {
  loop_.poll();
  received_.resize_and_overwrite(128 << 10, [this](char* into, std::size_t size) {
    const auto got = ::recv(fd_, into, size, 0);
    return got < 0 ? std::size_t{0} : static_cast<std::size_t>(got);
  });
  if (!received_.contains(wanted)) require(false, ("another answer than wanted: " + received_).c_str());
}

std::string http_post(std::string_view target, std::string_view body) {
  std::string text("POST ");
  text.append(target).append(" HTTP/1.1\r\nHost: localhost:8000\r\nUser-Agent: python-httpx/0.27\r\nAccept: */*\r\n");
  text.append("Accept-Encoding: gzip, deflate\r\nConnection: keep-alive\r\nContent-Type: application/json\r\n");
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

}  // namespace manta::counts
