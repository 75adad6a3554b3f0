#include "control/artifact_endpoint.h"

#include <cstddef>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "control/admin_reply.h"

namespace manta::control {
namespace {

constexpr std::size_t kPart = std::size_t{512} << 10;  // read and queued in one turn of the loop
constexpr std::size_t kLowWater = std::size_t{64} << 10;

struct Sending {
  Sending(int file, net::ExchangePtr to) : fd(file), exchange(std::move(to)), part(kPart) {}
  ~Sending() { ::close(fd); }
  Sending(const Sending&) = delete;
  Sending& operator=(const Sending&) = delete;

  int fd;
  net::ExchangePtr exchange;
  std::vector<char> part;
};

void send_on(const std::shared_ptr<Sending>& sending) {
  if (sending->exchange->closed()) return;
  const ssize_t got = ::read(sending->fd, sending->part.data(), sending->part.size());
  if (got < 0) return sending->exchange->abort();
  if (got == 0) return sending->exchange->finish();
  sending->exchange->write({sending->part.data(), static_cast<std::size_t>(got)});
  sending->exchange->when_drained(kLowWater, [sending] { send_on(sending); });
}

}  // namespace

void answer_artifact(const ArtifactStore& store, const std::string& sha256, const net::ExchangePtr& exchange) {
  if (exchange->request().method != "GET") return exchange->respond(method_not_allowed("GET"));
  const auto path = store.find(sha256);
  if (!path) return exchange->respond(error_answer(path.error()));
  const int fd = ::open(path->c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return exchange->respond(error_answer({.code = ErrorCode::NotFound, .message = *path + " cannot be read"}));
  const auto sending = std::make_shared<Sending>(fd, exchange);
  net::Headers headers;
  headers.add("content-type", "application/octet-stream");
  exchange->start(200, std::move(headers));
  send_on(sending);
}

}  // namespace manta::control
