// BridgeProcess: operations and their answers.
#include <cerrno>
#include <optional>
#include <utility>

#include <sys/socket.h>

#include <manta/detail/json.h>

#include "runtime/ray/bridge_process.h"
#include "runtime/ray/ray_messages.h"

namespace manta::runtime {
namespace {

constexpr std::size_t kMostUnsent = std::size_t{4} << 20;  // beyond, operations wait to be sent

}  // namespace

void BridgeProcess::take_answer(std::uint64_t id, BridgeLine line) {
  const auto found = calls_->open.find(id);
  if (found == calls_->open.end()) return;  // nobody waits for it any more
  Open& open = *found->second;
  calls_->open.erase(found);
  if (line.error)
    open.result = std::unexpected(error_of(*line.error));
  else
    open.result = line.ok ? std::move(line.ok->text) : std::string("null");
  open.answered.notify();
}

Task<Result<std::string>> BridgeProcess::call(std::string op, std::string arguments, Duration limit) {
  const std::shared_ptr<Calls> calls = calls_;
  const std::uint64_t id = next_id_++;
  const BridgeRequest request{.id = id, .op = op, .args = Json{std::move(arguments)}};
  auto line = detail::to_json(request);
  if (!line) co_return std::unexpected(std::move(line.error()));
  if (line->size() > kMostBridgeLine)
    co_return fail(ErrorCode::InvalidArgument, op + " is too large for the bridge to Ray");
  Open open;
  struct Registered {
    Calls& calls;
    std::uint64_t id;
    ~Registered() { calls.open.erase(id); }
  };
  const Registered registered{*calls, id};
  calls->open[id] = &open;
  std::optional<Alarm> alarm;
  if (limit > Duration::zero())
    alarm.emplace(loop_, loop_.now() + limit, [this, &open, op] {
      if (!open.result)
        open.result = fail(ErrorCode::DeadlineExceeded, "the bridge to Ray did not answer " + op + " in time");
      unsent_.size() > kMostUnsent ? room_.notify() : open.answered.notify();
    });
  if (ended_) co_return fail(ErrorCode::Unavailable, "the bridge to Ray has ended", kBridgeLost);
  while (unsent_.size() > kMostUnsent && !open.result) {
    co_await room_.wait();
    if (calls->open.find(id) == calls->open.end()) break;  // ended meanwhile
  }
  if (!open.result) write(*std::move(line));
  while (!open.result) co_await open.answered.wait();
  co_return *std::move(open.result);
}

void BridgeProcess::write(std::string line) {
  unsent_ += line;
  unsent_ += '\n';
  if (!waits_to_write_) flush();
}

void BridgeProcess::flush() {
  while (!unsent_.empty()) {
    const ssize_t sent = ::send(to_->fd(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      waits_to_write_ = true;
      to_->once_writable([this] {
        waits_to_write_ = false;
        flush();
      });
      break;
    }
    if (sent < 0) {
      unsent_.clear();  // it has closed its end: reading tells how it ended
      break;
    }
    unsent_.erase(0, static_cast<std::size_t>(sent));
  }
  if (unsent_.size() <= kMostUnsent) room_.notify();
}

}  // namespace manta::runtime
