#include "cli/artifact_fetch.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/loop.h"
#include "control/artifact_endpoint.h"
#include "net/channel.h"

namespace manta::cli {
namespace {

constexpr Duration kPause = std::chrono::milliseconds(200);
constexpr std::size_t kWindow = std::size_t{1} << 20;

// One artifact on its way into a file. Made for one fetch; ends the loop when it is there or cannot come any more.
class Fetch {
 public:
  Fetch(Loop& loop, net::Address address, const RemoteArtifact& artifact, int file)
      : loop_(loop), address_(std::move(address)), artifact_(artifact), file_(file) {}

  void begin() {
    pauses_ = false;
    call_.reset();
    channel_ =
        std::make_unique<net::Channel>(loop_, address_, net::ChannelOptions{.security = artifact_.security}, budget_);
    const std::string path = std::string(control::kArtifactsPath) + artifact_.sha256;
    const net::Outgoing outgoing{.method = "GET", .path = path, .window = kWindow};
    call_ = channel_->start(outgoing, [this] { on_update(); });
  }
  void give_up(Error error) {
    if (outcome_) return;
    outcome_ = std::unexpected(std::move(error));
    loop_.stop();
  }
  const std::string& last_failure() const { return last_failure_; }
  Result<void> outcome() { return std::move(*outcome_); }

 private:
  void on_update() {
    if (outcome_ || pauses_) return;
    if (call_->failure()) return try_again(std::string(call_->failure_reason()));
    if (!call_->has_head()) return;
    if (call_->status() == 404)
      return give_up(
          {.code = ErrorCode::NotFound, .message = fmt::format("the controller has no artifact {}", artifact_.sha256)});
    if (call_->status() != 200) return try_again(fmt::format("status {}", call_->status()));
    if (!write(call_->take()))
      return give_up({.code = ErrorCode::Unavailable,
                      .message = fmt::format("the artifact cannot be written: {}", std::strerror(errno))});
    if (!call_->ended()) return;
    outcome_ = Result<void>();
    loop_.stop();
  }

  // From the start: nothing is kept of what came.
  void try_again(std::string why) {
    last_failure_ = std::move(why);
    pauses_ = true;
    if (::ftruncate(file_, 0) != 0 || ::lseek(file_, 0, SEEK_SET) != 0)
      return give_up({.code = ErrorCode::Unavailable, .message = "the artifact's file cannot be written anew"});
    loop_.after(kPause, [this] { begin(); });
  }

  bool write(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno != EINTR) return false;
      if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  Loop& loop_;
  net::Address address_;
  const RemoteArtifact& artifact_;
  int file_;
  net::ReceiveBudget budget_;
  std::unique_ptr<net::Channel> channel_;
  std::unique_ptr<net::ClientCall> call_;
  bool pauses_ = false;  // before the next try; what the call of the last one still tells is of no interest
  std::string last_failure_;
  std::optional<Result<void>> outcome_;
};

}  // namespace

Result<void> fetch_artifact(const RemoteArtifact& artifact, const std::string& path, Duration limit) {
  auto address = net::Address::parse(artifact.controller_address);
  if (!address) return std::unexpected(std::move(address.error()));
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0)
    return fail(ErrorCode::Unavailable, fmt::format("{} cannot be written: {}", path, std::strerror(errno)));
  SystemClock clock;
  Loop loop(clock);
  Result<void> outcome;
  {
    Fetch fetch(loop, std::move(*address), artifact, file);
    loop.post([&fetch] { fetch.begin(); });
    loop.after(limit, [&] {
      fetch.give_up({.code = ErrorCode::Unavailable,
                     .message = fmt::format("artifact {} could not be fetched from the controller at {}: {}",
                                            artifact.sha256, artifact.controller_address,
                                            fetch.last_failure().empty() ? "no answer" : fetch.last_failure())});
    });
    loop.run();
    outcome = fetch.outcome();
  }
  ::close(file);
  return outcome;
}

}  // namespace manta::cli
